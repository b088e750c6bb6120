"""A customer's wallet: balance, code, what waits, payments; and the stream that keeps the page true."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Stream

from feiqian.auth.pages.push import push_shown
from feiqian.events import PaymentDecided, PaymentStatus, RefundDecided, RefundStatus
from feiqian.money import BY_NUMBER, Money
from feiqian.web.model import Person
from feiqian.web.session import BY_ITSELF, Customer, TheCustomer, customers_only, still_signed_in
from feiqian.web.site import Site, TheSite, pictures, stream
from feiqian.web.streams import HEARTBEAT, OPENING, MovesMoney, Watcher, message
from feiqian.web.whose import ASKED_BY_A_PAGE

SHOWN = 20
KINDS = {PaymentStatus.SUCCEEDED: "paid", PaymentStatus.DECLINED: "declined", PaymentStatus.WAITING: "waiting"}


class Wallet(Controller):
    """`/wallet`."""

    path = "/wallet"
    guards = (customers_only,)

    @get("/")
    async def wallet(self, site: TheSite, signed_in: TheCustomer) -> Response[str]:
        person = await _person(site, signed_in)
        standing = await site.bank.standing(person)
        code = await site.bank.code(person) if standing.state == "open" else None
        return site.page(
            "payments/wallet.html",
            ("wallet.",),
            person=person,
            standing=standing,
            code=code,
            pictures=pictures(code) if code else None,
            balance=await site.bank.balance(person),
            waiting=await site.bank.waiting(person),
            payments=await site.bank.payments_of(person, SHOWN),
            incomplete=await site.bank.incomplete(person),
            push=await push_shown(site, signed_in),
        )

    @get("/code", opt={BY_ITSELF: True, ASKED_BY_A_PAGE: True})
    async def code(self, site: TheSite, signed_in: TheCustomer) -> dict[str, object]:
        person = await _person(site, signed_in)
        if (await site.bank.standing(person)).state != "open":
            raise NotFoundException
        return await new_code(site, person)

    @get("/events", opt={BY_ITSELF: True, ASKED_BY_A_PAGE: True})
    async def events(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Stream:
        site.hub.opening(signed_in.number)
        person = await _person(site, signed_in)
        watcher = site.hub.watch(("customer", person.number))
        return stream(_events(site, person, watcher, request))


async def _person(site: Site, customer: Customer) -> Person:
    person = await site.bank.customer(customer.number)
    if person is None:
        raise NotFoundException
    return person


async def new_code(site: Site, person: Person) -> dict[str, object]:
    code = await site.bank.code(person)
    shapes = {name: shape._asdict() for name, shape in pictures(code).items()}
    return {"digits": code.digits, "seconds": code.seconds, "used": code.used, **shapes}


async def _events(
    site: Site, person: Person, watcher: Watcher, request: Request[Any, Any, State] | None = None
) -> AsyncIterator[bytes]:
    """The state at first (something may have happened while nobody listened), then whenever something happens.

    Whoever's session was ended, here or elsewhere, is told nothing more.
    """
    with watcher:
        yield OPENING + message("state", await _state(site, person, []))
        async for facts in watcher:
            if request is not None and not await still_signed_in(request):
                yield message("ended", {})
                return
            if facts is None:
                yield HEARTBEAT
                continue
            await site.bank.settled(watcher.position)
            yield message("state", await _state(site, person, facts))


async def _state(site: Site, person: Person, facts: list[MovesMoney]) -> dict[str, object]:
    standing = await site.bank.standing(person)
    payments, waiting = await site.bank.payments_of(person, SHOWN), await site.bank.waiting(person)
    incomplete = await site.bank.incomplete(person)
    return {
        "standing": standing.state,
        "balance": site.render.amount(await site.bank.balance(person)),
        "payments": site.render("payments/parts/wallet_payments.html", payments=payments, incomplete=incomplete),
        "waiting": site.render("payments/parts/wallet_waiting.html", waiting=waiting),
        "code": await new_code(site, person) if facts and standing.state == "open" else None,
        "sheet": await _sheet(site, facts[-1]) if facts else None,
    }


async def _sheet(site: Site, fact: MovesMoney) -> str | None:
    """What slides up on the phone."""
    amount = Money(fact.amount, BY_NUMBER[fact.currency])
    merchant = await site.bank.shop_name(fact.merchant)
    if isinstance(fact, RefundDecided):
        if fact.status is not RefundStatus.SUCCEEDED:
            return None  # nothing of the customer's has changed
        return site.render("payments/parts/wallet_sheet.html", kind="refunded", amount=amount, merchant=merchant)
    assert isinstance(fact, PaymentDecided)
    values = {"kind": KINDS[fact.status], "payment": fact.id, "reason": fact.reason or ""}
    return site.render("payments/parts/wallet_sheet.html", amount=amount, merchant=merchant, **values)
