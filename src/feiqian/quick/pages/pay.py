"""A merchant's bill, paid by its number without signing in. Nothing tells whether a number or an account is known.

Whoever issues bills mounts these pages with what finds one (`pay_pages`). Forms alone suffice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Controller, Request, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from feiqian.auth.challenges.errors import NotPassed
from feiqian.auth.model import ChallengeView
from feiqian.auth.pages.challenge import OVER, ChallengeFlow, Page, over, start
from feiqian.auth.pages.mobiles import countries, mobile_of
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.clock import MICROSECONDS
from feiqian.errors import LedgerError
from feiqian.kyc.numbers import HOME
from feiqian.money import BY_NUMBER, Money
from feiqian.payments.pages.why import why
from feiqian.quick.method import LONGEST_GIVEN
from feiqian.quick.paying_errors import (
    AccountNotOpen,
    AccountUnclear,
    AttemptsThrottled,
    NotPayable,
    QuickPaymentNotFound,
    QuickPaymentOver,
)
from feiqian.quick.paying_model import Bill, QuickPayment
from feiqian.web.forms import Form, read_form
from feiqian.web.kept import device, keep, kept
from feiqian.web.site import Site, TheSite
from feiqian.web.whose import ACTS_FOR, ANYBODY, UNDER_WAY

PAYING = "quick"  # what is under way in the browser: challenge, quick payment, bill
Asked = Request[Any, Any, State]
FindBill = Callable[[str], Bill | None]
TheBills = NamedDependency[FindBill]


def pay_pages(find: FindBill) -> Router:
    """The pages below `/pay`; `find` gives the bill of a number."""

    def find_bill(site: TheSite) -> FindBill:  # asks for `site` so that the framework provides both in one task
        return find

    provided = {"find_bill": Provide(find_bill, sync_to_thread=False)}
    return Router("/", route_handlers=[Pay, PROVE], dependencies=provided)


class Pay(Controller):
    """`/pay`: the bill's number, the bill and who pays it, and what became of it."""

    path = "/pay"

    @get("/")
    async def ask(self, site: TheSite, find_bill: TheBills, number: FromQuery[str] = "") -> Page:
        form = Form({"number": number})
        if not number:
            return site.page("quick/bill.html", form=form)
        if find_bill(number.strip()) is not None:
            return Redirect(f"/pay/{number.strip()}", status_code=303)
        form.wrong("number", site.render.texts("quick.pay.unknown"))
        return site.page("quick/bill.html", form=form)

    @get("/{bill:str}")
    async def look(self, site: TheSite, find_bill: TheBills, bill: FromPath[str]) -> Page:
        return await _bill_page(site, _found(find_bill, bill), Form({"country": HOME}))

    @post("/{bill:str}", status_code=303, opt={ACTS_FOR: ANYBODY})
    async def begin(self, site: TheSite, find_bill: TheBills, request: Asked, bill: FromPath[str]) -> Page:
        found, form = _found(find_bill, bill), await read_form(request)
        mobile, account, t = mobile_of(site, form), form["account"], site.render.texts
        if not account or len(account) > LONGEST_GIVEN:
            form.wrong("account", t("quick.pay.account.missing"))
        if not form.good:
            return await _bill_page(site, found, form)
        quick = site.services.quick_payments
        try:
            begun = await quick.start(found, mobile, account, site.language, device(site, request))
        except AttemptsThrottled as error:
            form.wrong("", t("quick.pay.throttled", when=site.render.formats.when_inside(error.until)))
            return await _bill_page(site, found, form)
        except NotPayable:
            form.wrong("", t("quick.pay.not_payable"))
            return await _bill_page(site, found, form)
        sent = await start(quick, begun.challenge, 0)
        cookie = keep(site, PAYING, begun.challenge.id, begun.id, bill)
        return Redirect(f"/pay/{bill}/confirm?way=0&sent={sent}", status_code=303, cookies=[cookie])

    @get("/{bill:str}/account")
    async def which(self, site: TheSite, request: Asked, bill: FromPath[str]) -> Page:
        if (paying := _under_way(site, request, bill)) is None:
            return _anew(bill)
        return site.page("quick/which.html", form=Form(), place=f"/pay/{paying[2]}/account")

    @post("/{bill:str}/account", status_code=303, opt={ACTS_FOR: (UNDER_WAY,)})
    async def choose(self, site: TheSite, request: Asked, bill: FromPath[str]) -> Page:
        if (paying := _under_way(site, request, bill)) is None:
            return _anew(bill)
        challenge, id, _ = paying
        form = await read_form(request)
        try:
            await site.services.quick_payments.choose(id, challenge, form["account"])
        except (AccountUnclear, AccountNotOpen):
            form.wrong("account", site.render.texts("quick.pay.which.wrong"))
            return site.page("quick/which.html", form=form, place=f"/pay/{bill}/account")
        except (*OVER, QuickPaymentNotFound) as error:
            return over(site, _flow(site, challenge, bill, {}), error)
        return await _paid(site, paying)

    @get("/{bill:str}/done")
    async def done(self, site: TheSite, request: Asked, bill: FromPath[str]) -> Page:
        if (paying := _under_way(site, request, bill)) is None:
            return _anew(bill)
        challenge, id, _ = paying
        try:
            payment = await site.services.quick_payments.get(id, challenge)
        except (QuickPaymentNotFound, *OVER):
            return _anew(bill)
        except LedgerError:
            return _outcome(site, bill, "proved", None)
        if payment.status == "open":
            return Redirect(f"/pay/{bill}/confirm", status_code=303)
        return _outcome(site, bill, payment.status, payment)

    @post("/{bill:str}/done", status_code=303, opt={ACTS_FOR: (UNDER_WAY,)})
    async def ask_again(self, site: TheSite, request: Asked, bill: FromPath[str]) -> Page:
        """After no answer: the same payment, which is made at most once."""
        paying = _under_way(site, request, bill)
        return _anew(bill) if paying is None else await _paid(site, paying)


async def _confirming(site: TheSite, request: Asked, bill: FromPath[str]) -> Step | Redirect:
    """The challenge of the quick payment that this browser has begun, with what it pays."""
    if (paying := _under_way(site, request, bill)) is None:
        return _anew(bill)
    challenge, id, _ = paying
    try:
        payment = await site.services.quick_payments.get(id, challenge)
    except (QuickPaymentNotFound, *OVER):
        return _anew(bill)
    if payment.status != "open":
        return Redirect(f"/pay/{bill}/done", status_code=303)

    async def finish(view: ChallengeView) -> Page:
        return await _paid(site, paying)

    return Step(_flow(site, challenge, bill, _shown(site, payment.bill)), finish)


PROVE = challenge_pages("/pay/{bill:str}/confirm", _confirming, (UNDER_WAY,))


async def _paid(site: Site, paying: list[str]) -> Page:
    """Pays, and leads to what became of it; nobody is told "no" of what is not known."""
    challenge, id, bill = paying
    try:
        await site.services.quick_payments.ask_for_enough(id, challenge)
        await site.services.quick_payments.pay(id, challenge)
    except AccountUnclear:
        return Redirect(f"/pay/{bill}/account", status_code=303)
    except AccountNotOpen:
        return _outcome(site, bill, "not_open", None)
    except NotPassed:
        return Redirect(f"/pay/{bill}/confirm", status_code=303)
    except (LedgerError, QuickPaymentOver, QuickPaymentNotFound):
        pass  # the page that follows says so
    return Redirect(f"/pay/{bill}/done", status_code=303)


def _flow(site: Site, challenge: str, bill: str, values: dict[str, Any]) -> ChallengeFlow:
    place, heading = f"/pay/{bill}", site.render.texts("quick.pay.confirm")
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


def _found(find: FindBill, number: str) -> Bill:
    """Raises NotFoundException."""
    if (bill := find(number)) is None:
        raise NotFoundException
    return bill


def _under_way(site: Site, request: Asked, bill: str) -> list[str] | None:
    """Challenge, quick payment and bill that this browser has begun to pay; None if it is another bill, or none."""
    paying = kept(site, request, PAYING, 3)
    return paying if paying is not None and paying[2] == bill else None


def _anew(bill: str) -> Redirect:
    return Redirect(f"/pay/{bill}", status_code=303)


async def _bill_page(site: Site, bill: Bill, form: Form) -> Page:
    """The bill, and the form of who pays it, unless somebody has."""
    services = site.services
    paid = bool(bill.once_until) and services.quick_payments.is_paid(bill)
    await services.ledger.durable(services.ledger.position)
    return site.page("quick/pay.html", form=form, countries=countries(site.language), paid=paid, **_shown(site, bill))


def _shown(site: Site, bill: Bill) -> dict[str, Any]:
    due = bill.once_until * MICROSECONDS - 1 if bill.once_until else None  # the last moment
    amount, payee = Money(bill.amount, BY_NUMBER[bill.currency]), site.services.merchants.name(bill.merchant)
    return {"bill": bill, "amount": amount, "payee": payee, "due": due}


def _outcome(site: Site, number: str, outcome: str, payment: QuickPayment | None) -> Page:
    shown = _shown(site, payment.bill) if payment else {}
    if payment and payment.row:
        shown["why"] = why(site.services, payment.row)
    return site.page("quick/paid.html", number=number, outcome=outcome, payment=payment, **shown)
