"""A customer's wallet: balance, code, what waits, payments; and the stream that keeps the page true."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, get_args

from litestar import Controller, Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Stream

from feiqian.accounts.errors import NoWallet
from feiqian.accounts.kinds import wallet_id
from feiqian.auth.pages.push import push_shown
from feiqian.events import PaymentDecided, PaymentStatus, RefundDecided, RefundStatus
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, NOTHING, Money
from feiqian.services import Services
from feiqian.web.session import BY_ITSELF, TheCustomer, customers_only, still_signed_in
from feiqian.web.site import Site, TheSite, stream
from feiqian.web.streams import HEARTBEAT, OPENING, MovesMoney, Watcher, message
from feiqian.web.wallet_parts import Place, parts_of, shortcuts
from feiqian.web.whose import ASKED_BY_A_PAGE

from .code import code_now, for_script, pictures
from .lists import of_customer, settled
from .standing import standing, standing_of
from .why import why

SHOWN = 20
KINDS = {PaymentStatus.SUCCEEDED: "paid", PaymentStatus.DECLINED: "declined", PaymentStatus.WAITING: "waiting"}
KINDS[PaymentStatus.AUTHORISED] = "held"


class Wallet(Controller):
    """`/wallet`."""

    path = "/wallet"
    guards = (customers_only,)

    @get("/")
    async def wallet(self, site: TheSite, signed_in: TheCustomer) -> Response[str]:
        services, number = site.services, signed_in.number
        profile = await services.work.db(services.customers.profile, number)
        stands = standing(services, number, profile)
        code = code_now(services, number) if stands.state == "open" else None
        return site.page(
            "payments/wallet.html",
            ("wallet.",),
            name=profile.name if profile else await _name(services, number),
            standing=stands,
            limits=_limits(services, number),
            locked=_locked(services, number),
            code=code,
            pictures=pictures(code) if code else None,
            balance=await _balance(services, number),
            waiting=await services.payments.confirmations.shown(number),
            payments=await of_customer(services, number, SHOWN),
            incomplete=await services.reads.customer_incomplete(number),
            push=await push_shown(site, signed_in),
            shortcuts=shortcuts(),
            parts=await parts_of(services, number),
        )

    @get("/code", opt={BY_ITSELF: True, ASKED_BY_A_PAGE: True})
    async def code(self, site: TheSite, signed_in: TheCustomer) -> dict[str, object]:
        if (await standing_of(site.services, signed_in.number)).state != "open":
            raise NotFoundException
        return for_script(code_now(site.services, signed_in.number))

    @get("/events", opt={BY_ITSELF: True, ASKED_BY_A_PAGE: True})
    async def events(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Stream:
        site.hub.opening(signed_in.number)
        watcher = site.hub.watch(("customer", signed_in.number))
        return stream(_events(site, signed_in.number, watcher, request))


async def _name(services: Services, number: CustomerNumber) -> str:
    """Of a customer of whom nothing else is kept."""
    return (await services.work.db(services.customers.names, [number])).get(number, "")


async def _balance(services: Services, number: CustomerNumber) -> Money:
    """What the wallet holds; nothing while there is none."""
    currency = services.policy.currency
    try:
        balance = await services.accounts.balance(number, currency)
    except NoWallet:
        balance = NOTHING
    return Money(balance, BY_NUMBER[currency])


def _limits(services: Services, number: CustomerNumber) -> dict[str, Money] | None:
    """What they may pay today; None if nothing."""
    currency = services.policy.currency
    today = services.payments.today(number, currency)
    return today and {name: Money(minor, BY_NUMBER[currency]) for name, minor in today._asdict().items()}


def _locked(services: Services, number: CustomerNumber) -> Money | None:
    """What of the balance nothing spends; None if all of it can be spent."""
    currency = services.policy.currency
    locked = services.locks.locked(wallet_id(currency, number))
    return Money(locked, BY_NUMBER[currency]) if locked else None


async def _events(
    site: Site, number: CustomerNumber, watcher: Watcher, request: Request[Any, Any, State] | None = None
) -> AsyncIterator[bytes]:
    """The state at first (something may have happened while nobody listened), then whenever something happens.

    Whoever's session was ended, here or elsewhere, is told nothing more.
    """
    with watcher:
        yield OPENING + message("state", await _state(site, number, []))
        async for facts in watcher:
            if request is not None and not await still_signed_in(request):
                yield message("ended", {})
                return
            if facts is None:
                yield HEARTBEAT
                continue
            await settled(site.services, watcher.position)
            yield message("state", await _state(site, number, facts))


async def _state(site: Site, number: CustomerNumber, facts: list[MovesMoney]) -> dict[str, object]:
    services = site.services
    stands = await standing_of(services, number)
    payments = await of_customer(services, number, SHOWN)
    waiting = await services.payments.confirmations.shown(number)
    incomplete = await services.reads.customer_incomplete(number)
    return {
        "standing": stands.state,
        "limits": site.render(
            "payments/parts/wallet_limits.html",
            standing=stands,
            limits=_limits(services, number),
            locked=_locked(services, number),
        ),
        "balance": site.render.amount(await _balance(services, number)),
        "payments": site.render("payments/parts/wallet_payments.html", payments=payments, incomplete=incomplete),
        "waiting": site.render("payments/parts/wallet_waiting.html", waiting=waiting),
        "parts": await _parts(site, number),
        "code": for_script(code_now(services, number)) if facts and stands.state == "open" else None,
        "sheet": _sheet(site, facts[-1]) if facts else None,
    }


async def _parts(site: Site, number: CustomerNumber) -> dict[str, str]:
    """What features show, by its place, as it is now."""
    parts = await parts_of(site.services, number)
    return {
        place: site.render("payments/parts/wallet_parts.html", parts=parts, place=place, page_for=site.page_for)
        for place in get_args(Place)
    }


def _sheet(site: Site, fact: MovesMoney) -> str | None:
    """What slides up on the phone."""
    amount = Money(fact.amount, BY_NUMBER[fact.currency])
    merchant = site.services.merchants.name(fact.merchant)
    if isinstance(fact, RefundDecided):
        if fact.status is not RefundStatus.SUCCEEDED:
            return None  # nothing of the customer's has changed
        return site.render("payments/parts/wallet_sheet.html", kind="refunded", amount=amount, merchant=merchant)
    assert isinstance(fact, PaymentDecided)
    values = {"kind": KINDS[fact.status], "payment": fact.id, "reason": fact.reason or ""}
    more = why(site.services, fact)
    return site.render("payments/parts/wallet_sheet.html", amount=amount, merchant=merchant, why=more, **values)
