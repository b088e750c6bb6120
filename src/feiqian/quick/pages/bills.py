"""A merchant's bills, each paid by its number. Whoever issues bills mounts these pages with what finds one."""

from __future__ import annotations

from litestar import Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery
from litestar.response import Redirect

from feiqian.auth.pages.challenge import Page
from feiqian.auth.pages.mobiles import countries
from feiqian.quick.paying_model import Bill, QuickPayment
from feiqian.web.forms import Form
from feiqian.web.site import Site, TheSite

from .pay import Asked, FindBill, TheIssuer, outcome_values, pay_pages, shown
from .remembered import remembered_here

PLACE = "/bill"


def bill_pages(find: FindBill) -> Router:
    """The pages below `/bill`; `find` gives the bill of a number."""
    return pay_pages(Bills(find), ask)


@get("/")
async def ask(site: TheSite, issuer: TheIssuer, number: FromQuery[str] = "") -> Page:
    """The bill's number."""
    form = Form({"number": number})
    if not number:
        return site.page("quick/bill.html", form=form)
    try:
        await issuer.bill(site, number.strip())
    except NotFoundException:
        form.wrong("number", site.render.texts("quick.pay.unknown"))
        return site.page("quick/bill.html", form=form)
    return Redirect(f"{PLACE}/{number.strip()}", status_code=303)


class Bills:
    """The issuer of all bills that `find` knows."""

    place = PLACE

    def __init__(self, find: FindBill) -> None:
        self._find = find

    async def bill(self, site: Site, number: str) -> Bill:
        if (bill := self._find(number)) is None:
            raise NotFoundException
        return bill

    async def page(self, site: Site, request: Asked, number: str, form: Form) -> Page:
        """The bill, and the form of who pays it, unless somebody has."""
        bill, services = await self.bill(site, number), site.services
        paid = bool(bill.once_until) and services.quick_payments.is_paid(bill)
        await services.ledger.durable(services.ledger.position)
        return site.page(
            "quick/pay.html",
            form=form,
            countries=countries(site.language),
            paid=paid,
            remembered=await remembered_here(site, request),
            **shown(site, bill),
        )

    async def outcome(self, site: Site, number: str, outcome: str, payment: QuickPayment | None) -> Page:
        return site.page("quick/paid.html", number=number, **await outcome_values(site, outcome, payment))
