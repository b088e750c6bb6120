"""A merchant's till: takes a code by camera, by hand or from the phone beside it, and tells the answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException, ValidationException
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream

from feiqian.demo.cashier import CONFLICT, Answer
from feiqian.demo.people import Shop
from feiqian.money import Money, MoneyInvalid, money, parse_typed
from feiqian.payments.errors import NoIssuingDevice
from feiqian.payments.pages.code import code_now
from feiqian.payments.pages.lists import settled
from feiqian.payments.requests import KnownReference, Reference
from feiqian.payments.shown import Item
from feiqian.payments.views import BalanceView
from feiqian.runtime import network
from feiqian.scanning.pictures import MAX_FRAME_BYTES, FrameInvalid, read_frame
from feiqian.strings.patterns import matching
from feiqian.web.site import Site, TheSite, stream
from feiqian.web.streams import HEARTBEAT, OPENING, Watcher, message
from feiqian.web.whose import FOR_ANYBODY

from .given import TheDemo
from .lists import receipts
from .welcome import CHOICES

SHOWN = 20
PAYMENT_CODE = re.compile(r"[0-9]{20}")
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
    async def till(
        self, site: TheSite, demo: TheDemo, merchant: FromPath[str], beside: FromQuery[str] = ""
    ) -> Response[str]:
        shop = demo.shop(merchant)
        people = await demo.people.first(CHOICES)
        chosen = await demo.people.by_id(beside) if beside else None
        listed, balance = await _listed(site, shop)
        return site.page(
            "demo/till.html",
            ("till.",),
            shop=shop,
            people=people if chosen is None or chosen in people else [chosen, *people],
            beside=chosen.id if chosen else "",
            receipts=listed,
            incomplete=balance.incomplete,
            takings=Money(balance.available, shop.currency),
            unknown=Answer("unknown", "", money(0, shop.currency)),
            why="",
        )

    @post("/payments", status_code=200)
    async def pay(self, site: TheSite, demo: TheDemo, merchant: FromPath[str], data: JSONBody[Sale]) -> dict[str, str]:
        shop = demo.shop(merchant)
        return _told(site, await demo.cashier.pay(shop.merchant, data.code, _amount(data.amount, shop), data.order))

    @post("/questions", status_code=200)
    async def ask(
        self, site: TheSite, demo: TheDemo, merchant: FromPath[str], data: JSONBody[Question]
    ) -> dict[str, str]:
        shop = demo.shop(merchant)
        return _told(site, await demo.cashier.ask(shop.merchant, _amount(data.amount, shop), data.order))

    @post("/cancellations", status_code=200)
    async def cancel(
        self, site: TheSite, demo: TheDemo, merchant: FromPath[str], data: JSONBody[Question]
    ) -> dict[str, str]:
        shop = demo.shop(merchant)
        return _told(site, await demo.cashier.cancel(shop.merchant, _amount(data.amount, shop), data.order))

    @post("/refunds", status_code=200)
    async def refund(
        self, site: TheSite, demo: TheDemo, merchant: FromPath[str], data: JSONBody[Refund]
    ) -> dict[str, str]:
        shop = demo.shop(merchant)
        answer = await demo.cashier.refund(shop.merchant, data.order, _amount(data.amount, shop), data.number)
        return {
            "status": answer.status,
            "amount": site.render.amount(answer.amount),
            "reason": _why(site, answer.reason),
        }

    @post("/frames", status_code=200, request_max_body_size=MAX_FRAME_BYTES)
    async def frame(
        self, site: TheSite, demo: TheDemo, merchant: FromPath[str], request: Request[None, None, State]
    ) -> dict[str, str | None]:
        demo.shop(merchant)
        try:
            key = f"address:{network.client.get()}"
            found = await read_frame(site.services.workers, await request.body(), key)
            return {"code": next(filter(PAYMENT_CODE.fullmatch, found), None)}
        except FrameInvalid as error:
            raise ValidationException(str(error)) from error

    @post("/beside", status_code=200)
    async def beside(
        self, site: TheSite, demo: TheDemo, merchant: FromPath[str], data: JSONBody[Beside]
    ) -> dict[str, str]:
        """The demo's short cut: as if the scanner had read the code on that phone now."""
        demo.shop(merchant)
        person = await demo.person(data.customer)
        try:
            code = code_now(site.services, person.number)
            if code.used:  # the phone shows a fresh one in a moment, and so long the scanner waits
                await asyncio.sleep(code.seconds)
                code = code_now(site.services, person.number)
        except NoIssuingDevice as error:  # that phone shows no code
            raise NotFoundException from error
        return {"code": code.digits}

    @get("/events")
    async def events(self, site: TheSite, demo: TheDemo, merchant: FromPath[str]) -> Stream:
        shop = demo.shop(merchant)
        return stream(_events(site, shop, site.hub.watch(("merchant", shop.merchant.number))))


def _amount(text: str, shop: Shop) -> Money:
    try:
        amount = parse_typed(text, shop.currency)
    except MoneyInvalid as error:
        raise ValidationException(str(error)) from error
    if not amount.minor:
        raise ValidationException("an amount is above zero")
    return amount


def _told(site: Site, answer: Answer) -> dict[str, str]:
    html = site.render("demo/parts/till_outcome.html", answer=answer, why=_why(site, answer.reason))
    told = {"status": answer.status, "html": html}
    if answer.status == "declined" and not answer.payment:  # the bank keeps no payment of a code that is nobody's
        told["receipt"] = site.render("demo/parts/till_receipts.html", receipts=[_item(answer)], incomplete=False)
    return told


def _why(site: Site, reason: str) -> str:
    return site.render.texts("problem.conflict") if reason == CONFLICT else site.render.reason(reason)


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
            await settled(site.services, watcher.position)
            yield message("state", await _state(site, shop))


async def _state(site: Site, shop: Shop) -> dict[str, str]:
    listed, balance = await _listed(site, shop)
    html = site.render("demo/parts/till_receipts.html", receipts=listed, incomplete=balance.incomplete)
    return {"receipts": html, "takings": site.render.amount(Money(balance.available, shop.currency))}


async def _listed(site: Site, shop: Shop) -> tuple[list[Item], BalanceView]:
    """The newest payments, what the shop has to get, and whether something is missing in its lists."""
    services = site.services
    return await receipts(services, shop.merchant, SHOWN), await services.payments.balance(shop.merchant)
