"""What is paid by its number without signing in: a bill, or an order. Nothing tells whether an account is known.

Whoever issues what is paid mounts these pages below an address of its own (`pay_pages`). Forms alone suffice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Protocol

from litestar import Controller, Request, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, SkipValidation
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from feiqian.auth.challenges.errors import ChallengeOver, NotPassed
from feiqian.auth.model import ChallengeView
from feiqian.auth.pages.challenge import OVER, ChallengeFlow, Page, over, start
from feiqian.auth.pages.mobiles import mobile_of
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.clock import MICROSECONDS
from feiqian.errors import LedgerError
from feiqian.kyc.numbers import HOME
from feiqian.money import BY_NUMBER, Money
from feiqian.orders.errors import OrderStateForbids
from feiqian.payments.pages.why import why
from feiqian.quick.method import LONGEST_GIVEN
from feiqian.quick.paying_errors import (
    AccountNotOpen,
    AccountUnclear,
    AttemptsThrottled,
    NotPayable,
    NotRemembered,
    QuickPaymentNotFound,
    QuickPaymentOver,
)
from feiqian.quick.paying_model import Begun, Bill, QuickPayment
from feiqian.web.compress import COMPRESSED
from feiqian.web.forms import Form, read_form
from feiqian.web.kept import device, keep, kept
from feiqian.web.site import Site, TheSite
from feiqian.web.whose import ACTS_FOR, ANYBODY, UNDER_WAY

from .remembered import REMEMBER, forget, remember, token_of

PAYING = "quick"  # what is under way in the browser: challenge, quick payment, number of what is paid, REMEMBER
PAYS = ("succeeded", "authorised")  # statuses by which something is paid
Asked = Request[Any, Any, State]
FindBill = Callable[[str], Bill | None]


class Issuer(Protocol):
    """Of what is paid. `place`: below which address its pages are; each method gets the number in the address."""

    place: str

    async def bill(self, site: Site, number: str) -> Bill:
        """What is to be paid. Raises NotFoundException, and NotPayable for what cannot be paid any more."""

    async def page(self, site: Site, request: Asked, number: str, form: Form) -> Page:
        """The page with what is to be paid and the form of who pays it, or with what became of it."""

    async def outcome(self, site: Site, number: str, outcome: str, payment: QuickPayment | None) -> Page:
        """What became of a quick payment: its status, or `not_open`, of an account that is not; of an order also
        `not_payable`, and `order_over` where it had ended before."""


TheIssuer = NamedDependency[SkipValidation[Issuer]]


def pay_pages(issuer: Issuer, *besides: ControllerRouterHandler, **options: Any) -> Router:
    """The pages below `issuer.place`, with those that it has besides."""

    def given(site: TheSite) -> Issuer:  # asks for `site` so that the framework provides both in one task
        return issuer

    provided = {"issuer": Provide(given, sync_to_thread=False)}
    handlers = [Pay, PROVE, *besides]
    return Router(issuer.place, route_handlers=handlers, dependencies=provided, middleware=[COMPRESSED], **options)


class Pay(Controller):
    """What is paid and who pays it, and what became of it."""

    path = "/{number:str}"

    @get("/")
    async def look(self, site: TheSite, issuer: TheIssuer, request: Asked, number: FromPath[str]) -> Page:
        return await issuer.page(site, request, number, Form({"country": HOME}))

    @post("/", status_code=303, opt={ACTS_FOR: ANYBODY})
    async def begin(self, site: TheSite, issuer: TheIssuer, request: Asked, number: FromPath[str]) -> Page:
        form = await read_form(request)
        begun = await _begun(site, issuer, request, number, form)
        if begun is None:
            return await issuer.page(site, request, number, form)
        sent = await start(site.services.quick_payments, begun.challenge, 0)
        cookie = keep(site, PAYING, begun.challenge.id, begun.id, number, form["remember"])
        return Redirect(f"{issuer.place}/{number}/confirm?way=0&sent={sent}", status_code=303, cookies=[cookie])

    @post("/forget", status_code=303, opt={ACTS_FOR: ANYBODY})
    async def forget(self, site: TheSite, issuer: TheIssuer, request: Asked, number: FromPath[str]) -> Page:
        """This browser remembers no account any more."""
        return await forget(site, request, _anew(issuer, number))

    @get("/account")
    async def which(self, site: TheSite, issuer: TheIssuer, request: Asked, number: FromPath[str]) -> Page:
        if _under_way(site, request, number) is None:
            return _anew(issuer, number)
        return site.page("quick/which.html", form=Form(), place=f"{issuer.place}/{number}/account")

    @post("/account", status_code=303, opt={ACTS_FOR: (UNDER_WAY,)})
    async def choose(self, site: TheSite, issuer: TheIssuer, request: Asked, number: FromPath[str]) -> Page:
        if (paying := _under_way(site, request, number)) is None:
            return _anew(issuer, number)
        challenge, id, *_ = paying
        form = await read_form(request)
        try:
            await site.services.quick_payments.choose(id, challenge, form["account"])
        except (AccountUnclear, AccountNotOpen):
            form.wrong("account", site.render.texts("quick.pay.which.wrong"))
            return site.page("quick/which.html", form=form, place=f"{issuer.place}/{number}/account")
        except (*OVER, QuickPaymentNotFound) as error:
            return over(site, _flow(site, issuer, challenge, number, {}), error)
        return await _paid(site, issuer, paying)

    @get("/done")
    async def done(self, site: TheSite, issuer: TheIssuer, request: Asked, number: FromPath[str]) -> Page:
        if (paying := _under_way(site, request, number)) is None:
            return _anew(issuer, number)
        challenge, id, *_ = paying
        try:
            outcome, payment = await _settled(site, id, challenge)
        except (QuickPaymentNotFound, *OVER):
            return _anew(issuer, number)
        except LedgerError:
            return await issuer.outcome(site, number, "proved", None)
        if outcome == "open":
            return Redirect(f"{issuer.place}/{number}/again", status_code=303)
        answer = await issuer.outcome(site, number, outcome, payment)
        return await _remembering(site, request, paying, answer) if outcome in PAYS else answer

    @post("/done", status_code=303, opt={ACTS_FOR: (UNDER_WAY,)})
    async def ask_again(self, site: TheSite, issuer: TheIssuer, request: Asked, number: FromPath[str]) -> Page:
        """After no answer, or a warning: the same payment, which is made at most once."""
        if (paying := _under_way(site, request, number)) is None:
            return _anew(issuer, number)
        try:
            return await _paid(site, issuer, paying, sure=True)
        except OVER:
            return _anew(issuer, number)

    @get("/again")
    async def once_more(self, site: TheSite, issuer: TheIssuer, request: Asked, number: FromPath[str]) -> Page:
        """What was proved and is not paid: whether it is meant, of who has paid the same minutes ago."""
        if (paying := _under_way(site, request, number)) is None:
            return _anew(issuer, number)
        challenge, id, *_ = paying
        place, quick = f"{issuer.place}/{number}", site.services.quick_payments
        try:
            payment = await quick.get(id, challenge)
            if payment.status != "open":
                return Redirect(f"{place}/done", status_code=303)
            again = await quick.paid_before(id, challenge) is not None
        except AccountUnclear:
            return Redirect(f"{place}/account", status_code=303)
        except NotPassed:
            return Redirect(f"{place}/confirm", status_code=303)
        except (QuickPaymentNotFound, *OVER):
            return _anew(issuer, number)
        return site.page("quick/again.html", place=place, again=again, **shown(site, payment.bill))

    @post("/again", status_code=303, opt={ACTS_FOR: (UNDER_WAY,)})
    async def give_up(self, site: TheSite, issuer: TheIssuer, request: Asked, number: FromPath[str]) -> Page:
        """It is not meant: what was proved pays nothing any more."""
        if (paying := _under_way(site, request, number)) is None:
            return _anew(issuer, number)
        challenge, id, *_ = paying
        try:
            await site.services.quick_payments.give_up(id, challenge)
        except QuickPaymentOver:
            return Redirect(f"{issuer.place}/{number}/done", status_code=303)
        except (QuickPaymentNotFound, *OVER):
            pass  # there is nothing that could be paid
        return _anew(issuer, number)


async def _confirming(site: TheSite, issuer: TheIssuer, request: Asked, number: FromPath[str]) -> Step | Redirect:
    """The challenge of the quick payment that this browser has begun, with what it pays."""
    if (paying := _under_way(site, request, number)) is None:
        return _anew(issuer, number)
    challenge, id, *_ = paying
    quick = site.services.quick_payments
    try:
        payment = await quick.get(id, challenge)
        passed = request.method == "GET" and (await quick.view(challenge)).state == "passed"
    except (QuickPaymentNotFound, *OVER):
        return _anew(issuer, number)
    if payment.status != "open":
        return Redirect(f"{issuer.place}/{number}/done", status_code=303)
    if passed:  # there is nothing more to type
        return Redirect(f"{issuer.place}/{number}/again", status_code=303)

    async def finish(view: ChallengeView) -> Page:
        return await _paid(site, issuer, paying)

    return Step(_flow(site, issuer, challenge, number, shown(site, payment.bill)), finish)


PROVE = challenge_pages("/{number:str}/confirm", _confirming, (UNDER_WAY,))


async def _begun(site: Site, issuer: Issuer, request: Asked, number: str, form: Form) -> Begun | None:
    """What is paid from the account that this browser remembers, or from that which the form says; None: it was not
    begun, and the form says why."""
    quick, t, here = site.services.quick_payments, site.render.texts, device(site, request)
    try:
        bill = await issuer.bill(site, number)
        if shown_here := form["remembered"]:
            token = token_of(site, request)
            return await quick.start_remembered(bill, token, shown_here, site.language, here)
        mobile, account = mobile_of(site, form), form["account"]
        if not account or len(account) > LONGEST_GIVEN:
            form.wrong("account", t("quick.pay.account.missing"))
        return await quick.start(bill, mobile, account, site.language, here) if form.good else None
    except NotRemembered:
        form.wrong("", t("quick.remembered.over"))
    except AttemptsThrottled as error:
        form.wrong("", t("quick.pay.throttled", when=site.render.formats.when_inside(error.until)))
    except NotPayable:
        form.wrong("", t("quick.pay.not_payable"))
    return None


async def _remembering(site: Site, request: Asked, paying: list[str], answer: Page) -> Page:
    """The answer to what was paid, by which the browser remembers the account if its payer has asked for it, once."""
    challenge, id, number, asked = paying
    if asked == REMEMBER:
        answer.set_cookie(keep(site, PAYING, challenge, id, number, ""))
        if cookie := await remember(site, request, id, challenge):
            answer.set_cookie(cookie)
    return answer


async def _settled(site: Site, id: str, challenge: str) -> tuple[str, QuickPayment]:
    """What has become of it by now. What was proved and not decided yet is decided now, once, as at first."""
    quick = site.services.quick_payments
    payment = await quick.get(id, challenge)
    if payment.status != "proved":
        return payment.status, payment
    with contextlib.suppress(LedgerError, QuickPaymentOver):
        try:
            view = await quick.pay(id, challenge)
        except OrderStateForbids:
            return "not_payable", payment
        if view.id is None:
            return "order_over", payment
    payment = await quick.get(id, challenge)
    return payment.status, payment


async def _paid(site: Site, issuer: Issuer, paying: list[str], *, sure: bool = False) -> Page:
    """Pays, and leads to what became of it; nobody is told "no" of what is not known. Who has paid the same minutes ago
    is asked first, unless they are `sure`."""
    challenge, id, number, _ = paying
    place = f"{issuer.place}/{number}"
    try:
        await site.services.quick_payments.ask_for_enough(id, challenge)
        if not sure and await _was_paid_before(site, id, challenge):
            return Redirect(f"{place}/again", status_code=303)
        await site.services.quick_payments.pay(id, challenge)
    except AccountUnclear:
        return Redirect(f"{place}/account", status_code=303)
    except AccountNotOpen:
        return await issuer.outcome(site, number, "not_open", None)
    except NotPassed:
        return Redirect(f"{place}/confirm", status_code=303)
    except OrderStateForbids:
        return await issuer.outcome(site, number, "not_payable", None)
    except (LedgerError, QuickPaymentOver, QuickPaymentNotFound):
        pass  # the page that follows says so
    return Redirect(f"{place}/done", status_code=303)


async def _was_paid_before(site: Site, id: str, challenge: str) -> bool:
    with contextlib.suppress(ChallengeOver):  # it was decided meanwhile, and is answered as at first
        return await site.services.quick_payments.paid_before(id, challenge) is not None
    return False


def _flow(site: Site, issuer: Issuer, challenge: str, number: str, values: dict[str, Any]) -> ChallengeFlow:
    place, heading = f"{issuer.place}/{number}", site.render.texts("quick.pay.confirm")
    return ChallengeFlow(
        site.services.quick_payments,
        challenge,
        f"{place}/confirm",
        place,
        heading,
        leave=place,
        template="quick/pay_confirm.html",
        values=values,
    )


def _under_way(site: Site, request: Asked, number: str) -> list[str] | None:
    """Challenge, quick payment and number that this browser has begun to pay, and REMEMBER if the account is to be
    remembered; None if it is another number, or none."""
    paying = kept(site, request, PAYING, 4)
    return paying if paying is not None and paying[2] == number else None


def _anew(issuer: Issuer, number: str) -> Redirect:
    return Redirect(f"{issuer.place}/{number}", status_code=303)


def shown(site: Site, bill: Bill) -> dict[str, Any]:
    """What templates are given of a bill."""
    due = bill.once_until * MICROSECONDS - 1 if bill.once_until else None  # the last moment
    amount, payee = Money(bill.amount, BY_NUMBER[bill.currency]), site.services.merchants.name(bill.merchant)
    return {"bill": bill, "amount": amount, "payee": payee, "due": due}


async def outcome_values(site: Site, outcome: str, payment: QuickPayment | None) -> dict[str, Any]:
    """What templates are given of what became of a quick payment."""
    values = {"outcome": outcome, "payment": payment} | (shown(site, payment.bill) if payment else {})
    return values | ({"why": await why(site.services, payment.row)} if payment and payment.row else {})
