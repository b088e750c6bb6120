"""The page that pays: balance, code, what waits, payments; and the stream that keeps it true."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Stream

from feiqian.accounts.errors import NoWallet
from feiqian.accounts.kinds import wallet_id
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, NOTHING, Money
from feiqian.services import Services
from feiqian.web.session import BY_ITSELF, TheCustomer, customers_only
from feiqian.web.site import Site, TheSite
from feiqian.web.streams import MovesMoney
from feiqian.web.wallet_parts import parts_of
from feiqian.web.whose import ASKED_BY_A_PAGE

from .code import code_now, for_script, pictures
from .lists import of_customer
from .live import live_page
from .sheet import sheet
from .standing import name_of, standing, standing_of

SHOWN = 20


class Wallet(Controller):
    """`/wallet/pay`, with what it asks for by itself."""

    path = "/wallet"
    guards = (customers_only,)

    @get("/pay")
    async def pay(self, site: TheSite, signed_in: TheCustomer) -> Response[str]:
        services, number = site.services, signed_in.number
        profile = await services.work.db(services.customers.profile, number)
        stands = standing(services, number, profile)
        code = code_now(services, number) if stands.state == "open" else None
        return site.page(
            "payments/wallet.html",
            ("wallet.",),
            name=await name_of(services, number, profile),
            standing=stands,
            limits=_limits(services, number),
            reserved=await _reserved(services, number),
            code=code,
            pictures=pictures(code) if code else None,
            balance=await _balance(services, number),
            waiting=await services.payments.confirmations.shown(number),
            payments=await of_customer(services, number, SHOWN),
            incomplete=await services.reads.customer_incomplete(number),
            parts=await parts_of(services, number, "code"),
        )

    @get("/code", opt={BY_ITSELF: True, ASKED_BY_A_PAGE: True})
    async def code(self, site: TheSite, signed_in: TheCustomer) -> dict[str, object]:
        if (await standing_of(site.services, signed_in.number)).state != "open":
            raise NotFoundException
        return for_script(code_now(site.services, signed_in.number))

    @get("/events", opt={BY_ITSELF: True, ASKED_BY_A_PAGE: True})
    async def events(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Stream:
        return live_page(site, signed_in, request, _state)


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


async def _reserved(services: Services, number: CustomerNumber) -> dict[str, Money | None]:
    """What of the balance nothing spends: `locked` by the customer, `held` for something under way."""
    currency = services.policy.currency
    reserved = await services.locks.reserved(number, wallet_id(currency, number))
    return {name: Money(minor, BY_NUMBER[currency]) if minor else None for name, minor in reserved._asdict().items()}


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
            reserved=await _reserved(services, number),
        ),
        "balance": site.render.amount(await _balance(services, number)),
        "payments": site.render("payments/parts/wallet_payments.html", payments=payments, incomplete=incomplete),
        "waiting": site.render("payments/parts/wallet_waiting.html", waiting=waiting),
        "parts": await _parts(site, number),
        "code": for_script(code_now(services, number)) if facts and stands.state == "open" else None,
        "sheet": await sheet(site, facts[-1]) if facts else None,
    }


async def _parts(site: Site, number: CustomerNumber) -> dict[str, str]:
    """What features show under the code, as it is now."""
    parts, place = await parts_of(site.services, number, "code"), "code"
    return {place: site.render("parts/wallet_parts.html", parts=parts, page_for=site.page_for)}
