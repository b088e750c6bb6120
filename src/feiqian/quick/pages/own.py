"""Quick payment of own accounts, in the wallet: what it allows, its state, its uses, and how to change it."""

from __future__ import annotations

from typing import Any, NamedTuple

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from feiqian.auth.answering import OwnChallenges
from feiqian.auth.challenges.errors import FactorNotEnrolled
from feiqian.auth.model import ChallengeView
from feiqian.auth.pages.challenge import ChallengeFlow, Page, lead
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.deposits.errors import AccountNotFound
from feiqian.deposits.model import AccountState
from feiqian.deposits.numbers import masked
from feiqian.money import BY_NUMBER, Money
from feiqian.payments.pages.lists import built
from feiqian.payments.shown import Item, shown_payment
from feiqian.quick.allowed import Allowed, allowed
from feiqian.quick.errors import QuickRefused
from feiqian.quick.model import Quick
from feiqian.quick.paying_model import QuickPayment
from feiqian.runtime.paging import Ask
from feiqian.subjects import Role
from feiqian.web.forms import read_form
from feiqian.web.session import Customer, TheCustomer, customers_only
from feiqian.web.site import Site, TheSite

PLACE = "/quick/accounts"
SAID = {
    "open": "quick.said.open",
    "pause": "quick.said.pause",
    "close": "quick.said.close",
    "forget": "quick.said.forget",
    "refused": "quick.said.refused",
}


class Own(NamedTuple):
    """An account, as the page shows it."""

    quick: Quick
    number: str
    currency: str
    allowed: Allowed


class Use(NamedTuple):
    """A quick payment: what was to be paid to whom, and from which account; `item` once it was decided."""

    payment: QuickPayment
    payee: str
    amount: Money
    number: str
    item: Item | None


class OwnPages(Controller):
    """`/quick/accounts`."""

    path = PLACE
    guards = (customers_only,)

    @get("/")
    async def look(
        self, site: TheSite, signed_in: TheCustomer, said: FromQuery[str] = "", older: FromQuery[str] = ""
    ) -> Page:
        services = site.services
        every = await services.quick.all_of(signed_in.number)
        own = [_own(site, quick) for quick in every if quick.account.state is not AccountState.CLOSED]
        page = await built(services, lambda: services.quick_payments.confirmed(signed_in.subject, Ask(before=older)))
        return site.page(
            "quick/own.html",
            own=own,
            devices=await services.quick_devices.of(signed_in.number),
            uses=page.of([_use(site, payment) for payment in page.items]),
            first=not older,
            allowed=allowed(services.policy, services.policy.currency),
            said=SAID.get(said, ""),
            refused=said == "refused",
        )

    @post("/", status_code=303)
    async def change(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Page:
        form, own = await read_form(request), site.services.own_quick
        act, account, session = form["act"], form["id"], signed_in.session
        try:
            if act == "open":
                return await _begin(site, signed_in, account)
            if act == "forget":
                await site.services.quick_devices.forget(session, account)
                return _said(act)
            if act in ("pause", "close"):
                await (own.pause if act == "pause" else own.close)(session, account)
                return _said(act)
        except QuickRefused:
            return _said("refused")
        except AccountNotFound:
            pass
        return Redirect(PLACE, status_code=303)  # where it is said how things stand


async def _proving(site: TheSite, signed_in: TheCustomer, account: FromPath[str], challenge: FromPath[str]) -> Step:
    """The challenge of opening or resuming; it is bound to the account in its address."""

    async def finish(view: ChallengeView) -> Page:
        try:
            await site.services.own_quick.open(signed_in.session, view.id, account)
        except (QuickRefused, AccountNotFound):
            return _said("refused")
        return _said("open")

    t, place = site.render.texts, f"{PLACE}/{account}/{challenge}"
    answers = OwnChallenges(site.services.verification, signed_in.subject)
    heading, what = t("quick.open.link"), t("quick.own.what")
    return Step(ChallengeFlow(answers, challenge, place, PLACE, heading, what, leave=PLACE), finish)


PROVE = challenge_pages(f"{PLACE}/{{account:str}}/{{challenge:str}}", _proving, (Role.CUSTOMER,))


async def _begin(site: Site, customer: Customer, account: str) -> Page:
    try:
        challenge = await site.services.own_quick.challenge(customer.session, account)
    except FactorNotEnrolled:
        return site.page("onboarding/cannot.html", status=409)
    answers = OwnChallenges(site.services.verification, customer.subject)
    return await lead(answers, challenge, f"{PLACE}/{account}/{challenge.id}")


def _said(word: str) -> Redirect:
    return Redirect(f"{PLACE}?said={word}", status_code=303)


def _own(site: Site, quick: Quick) -> Own:
    account = quick.account
    what = allowed(site.services.policy, account.currency)
    return Own(quick, masked(account.last_four), BY_NUMBER[account.currency].code, what)


def _use(site: Site, payment: QuickPayment) -> Use:
    bill, payee = payment.bill, site.services.merchants.name(payment.bill.merchant)
    item = shown_payment(payment.row, payee) if payment.row is not None else None
    return Use(payment, payee, Money(bill.amount, BY_NUMBER[bill.currency]), masked(payment.last_four), item)
