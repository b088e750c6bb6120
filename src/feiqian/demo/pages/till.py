"""A merchant's till: takes a code by camera, by hand or from the phone beside it, and tells the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException, ValidationException
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream

from feiqian.money import Money, MoneyInvalid, money, parse
from feiqian.payments.errors import NoIssuingDevice
from feiqian.payments.requests import KnownReference, Reference
from feiqian.runtime import network
from feiqian.strings.patterns import matching
from feiqian.web.model import Answer, Item, Shop
from feiqian.web.scan import MAX_FRAME_BYTES, FrameInvalid, read_frame
from feiqian.web.site import Site, TheSite, stream
from feiqian.web.streams import HEARTBEAT, OPENING, Watcher, message
from feiqian.web.whose import FOR_ANYBODY

from .welcome import CHOICES

SHOWN = 20
AmountText = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
Digits = Annotated[str, matching("[0-9]{20}")]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Sale(msgspec.Struct, forbid_unknown_fields=True):
    """A payment to take. `order` was made by the page, and is kept until the answer is known."""

    order: Reference
    amount: AmountText
    code: Digits


class Question(msgspec.Struct, forbid_unknown_fields=True):
    """A payment that the bank was asked for before."""

    order: KnownReference
    amount: AmountText


class Refund(msgspec.Struct, forbid_unknown_fields=True):
    """Money to give back; `number` makes it one however often it is sent."""

    order: KnownReference
    amount: AmountText
    number: Reference


class Beside(msgspec.Struct, forbid_unknown_fields=True):
    """Whose phone lies beside the till."""

    customer: Id


class Till(Controller):
    """`/till/{id}`: acts for the merchant in its address, whoever is signed in in the same browser."""

    opt = FOR_ANYBODY
    path = "/till/{merchant:str}"

    @get("/")
    async def till(self, site: TheSite, merchant: FromPath[str], beside: FromQuery[str] = "") -> Response[str]:
        shop = await site.shop(merchant)
        people = await site.bank.people(CHOICES)
        chosen = await site.bank.person(beside) if beside else None
        return site.page(
            "demo/till.html",
            ("till.",),
            shop=shop,
            people=people if chosen is None or chosen in people else [chosen, *people],
            beside=chosen.id if chosen else "",
            receipts=await site.bank.receipts_of(shop, SHOWN),
            incomplete=await site.bank.incomplete(shop),
            takings=await site.bank.takings(shop),
            unknown=Answer("unknown", "", money(0, shop.currency)),
        )

    @post("/payments", status_code=200)
    async def pay(self, site: TheSite, merchant: FromPath[str], data: JSONBody[Sale]) -> dict[str, str]:
        shop = await site.shop(merchant)
        return _told(site, await site.bank.pay(shop, data.code, _amount(data.amount, shop), data.order))

    @post("/questions", status_code=200)
    async def ask(self, site: TheSite, merchant: FromPath[str], data: JSONBody[Question]) -> dict[str, str]:
        shop = await site.shop(merchant)
        return _told(site, await site.bank.ask(shop, _amount(data.amount, shop), data.order))

    @post("/cancellations", status_code=200)
    async def cancel(self, site: TheSite, merchant: FromPath[str], data: JSONBody[Question]) -> dict[str, str]:
        shop = await site.shop(merchant)
        return _told(site, await site.bank.cancel(shop, _amount(data.amount, shop), data.order))

    @post("/refunds", status_code=200)
    async def refund(self, site: TheSite, merchant: FromPath[str], data: JSONBody[Refund]) -> dict[str, str]:
        shop = await site.shop(merchant)
        answer = await site.bank.refund(shop, data.order, _amount(data.amount, shop), data.number)
        return {
            "status": answer.status,
            "amount": site.render.amount(answer.amount),
            "reason": site.render.reason(answer.reason),
        }

    @post("/frames", status_code=200, request_max_body_size=MAX_FRAME_BYTES)
    async def frame(
        self, site: TheSite, merchant: FromPath[str], request: Request[None, None, State]
    ) -> dict[str, str | None]:
        await site.shop(merchant)
        try:
            return {
                "code": await read_frame(site.services.workers, await request.body(), f"address:{network.client.get()}")
            }
        except FrameInvalid as error:
            raise ValidationException(str(error)) from error

    @post("/beside", status_code=200)
    async def beside(self, site: TheSite, merchant: FromPath[str], data: JSONBody[Beside]) -> dict[str, str]:
        """The demo's short cut: as if the scanner had read the code on that phone now."""
        await site.shop(merchant)
        person = await site.person(data.customer)
        try:
            code = await site.bank.code(person)
            if code.used:  # the phone shows a fresh one in a moment, and so long the scanner waits
                await asyncio.sleep(code.seconds)
                code = await site.bank.code(person)
        except NoIssuingDevice as error:  # that phone shows no code
            raise NotFoundException from error
        return {"code": code.digits}

    @get("/events")
    async def events(self, site: TheSite, merchant: FromPath[str]) -> Stream:
        shop = await site.shop(merchant)
        return stream(_events(site, shop, site.hub.watch(("merchant", shop.number))))


def _amount(text: str, shop: Shop) -> Money:
    try:
        amount = parse(text, shop.currency)
    except MoneyInvalid as error:
        raise ValidationException(str(error)) from error
    if not amount.minor:
        raise ValidationException("an amount is above zero")
    return amount


def _told(site: Site, answer: Answer) -> dict[str, str]:
    told = {"status": answer.status, "html": site.render("demo/parts/till_outcome.html", answer=answer)}
    if answer.status == "declined" and not answer.payment:  # the bank keeps no payment of a code that is nobody's
        told["receipt"] = site.render("demo/parts/till_receipts.html", receipts=[_item(answer)], incomplete=False)
    return told


def _item(answer: Answer) -> Item:
    nothing = money(0, answer.amount.currency)
    return Item("", answer.order, answer.status, answer.reason, answer.amount, nothing, "", "", answer.at)


async def _events(site: Site, shop: Shop, watcher: Watcher) -> AsyncIterator[bytes]:
    """The state at first (a payment may have ended while nobody listened), then whenever something happens."""
    with watcher:
        yield OPENING + message("state", await _state(site, shop))
        async for facts in watcher:
            if facts is None:
                yield HEARTBEAT
                continue
            await site.bank.settled(watcher.position)
            yield message("state", await _state(site, shop))


async def _state(site: Site, shop: Shop) -> dict[str, str]:
    receipts, incomplete = await site.bank.receipts_of(shop, SHOWN), await site.bank.incomplete(shop)
    html = site.render("demo/parts/till_receipts.html", receipts=receipts, incomplete=incomplete)
    return {"receipts": html, "takings": site.render.amount(await site.bank.takings(shop))}
