"""A customer's wallet: balance, code, payments; and the stream that keeps the page true."""

from __future__ import annotations

from collections.abc import AsyncIterator

from litestar import Controller, Response, get
from litestar.params import FromPath
from litestar.response import Stream

from feiqian.events import PaymentDecided, RefundDecided
from feiqian.money import BY_NUMBER, Money

from .model import Person
from .site import Site, TheSite, pictures, stream
from .streams import HEARTBEAT, OPENING, MovesMoney, Watcher, message

SHOWN = 20
KINDS = {"succeeded": "paid", "declined": "declined", "needs_verification": "waiting"}


class Phone(Controller):
    """`/phone/{id}`."""

    path = "/phone/{customer:str}"

    @get("/")
    async def wallet(self, site: TheSite, customer: FromPath[str]) -> Response[str]:
        person = await site.person(customer)
        code = await site.bank.code(person)
        return site.page(
            "phone.html",
            ("phone.",),
            person=person,
            code=code,
            balance=await site.bank.balance(person),
            payments=await site.bank.payments_of(person, SHOWN),
            pictures=pictures(code),
        )

    @get("/code")
    async def code(self, site: TheSite, customer: FromPath[str]) -> dict[str, object]:
        return await new_code(site, await site.person(customer))

    @get("/events")
    async def events(self, site: TheSite, customer: FromPath[str]) -> Stream:
        person = await site.person(customer)
        return stream(_events(site, person, site.hub.watch(("customer", person.number))))


async def new_code(site: Site, person: Person) -> dict[str, object]:
    code = await site.bank.code(person)
    shapes = {name: shape._asdict() for name, shape in pictures(code).items()}
    return {"digits": code.digits, "seconds": code.seconds, "used": code.used, **shapes}


async def _events(site: Site, person: Person, watcher: Watcher) -> AsyncIterator[bytes]:
    """The state at first (something may have happened while nobody listened), then whenever something happens."""
    with watcher:
        yield OPENING + message("state", await _state(site, person, []))
        async for facts in watcher:
            if facts is None:
                yield HEARTBEAT
                continue
            await site.bank.settled(watcher.position)
            yield message("state", await _state(site, person, facts))


async def _state(site: Site, person: Person, facts: list[MovesMoney]) -> dict[str, object]:
    payments = await site.bank.payments_of(person, SHOWN)
    return {
        "balance": site.render.amount(await site.bank.balance(person)),
        "payments": site.render("parts/phone_payments.html", payments=payments),
        "code": await new_code(site, person) if facts else None,
        "sheet": await _sheet(site, facts[-1]) if facts else None,
    }


async def _sheet(site: Site, fact: MovesMoney) -> str | None:
    """What slides up on the phone."""
    amount = Money(fact.amount, BY_NUMBER[fact.currency])
    merchant = await site.bank.shop_name(fact.merchant)
    if isinstance(fact, RefundDecided):
        if fact.status != "succeeded":
            return None  # nothing of the customer's has changed
        return site.render("parts/phone_sheet.html", kind="refunded", amount=amount, merchant=merchant)
    assert isinstance(fact, PaymentDecided)
    kind = KINDS[fact.status]
    return site.render("parts/phone_sheet.html", kind=kind, amount=amount, merchant=merchant, reason=fact.reason or "")
