"""`/receive`: the code that somebody shows to be sent money by another person."""

from __future__ import annotations

from typing import Any

from litestar import Controller, get
from litestar.params import FromQuery

from feiqian.auth.pages.challenge import Page
from feiqian.money import Money
from feiqian.requests.codes import ReceiveCode
from feiqian.requests.errors import CannotReceive
from feiqian.requests.links import ReceiveLinks
from feiqian.web.forms import NOT_TAKEN, Form, form_of
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite
from feiqian.web.symbols import qr

from .shown import own_currency, typed


class ReceivePages(Controller):
    """A code is made when it is looked at, and another one some minutes later."""

    path = "/receive"

    @get("/")
    async def look(self, site: TheSite, signed_in: TheCustomer, amount: FromQuery[str] = "") -> Page:
        form = form_of({"amount": amount})
        code = await _code(site, signed_in, form)
        status = None if form.good else NOT_TAKEN
        return site.page("requests/receive.html", ("requests.code.",), status=status, form=form, **_shown(site, code))

    @get("/code")
    async def code(self, site: TheSite, signed_in: TheCustomer, amount: FromQuery[str] = "") -> Page:
        """The part of the page that changes, for its script."""
        code = await _code(site, signed_in, form_of({"amount": amount}))
        return site.page("requests/parts/code.html", **_shown(site, code))


async def _code(site: Site, signed_in: Customer, form: Form) -> ReceiveCode | None:
    """None for somebody whom others cannot send money."""
    currency = own_currency(site)
    amount = typed(site, form, "amount", currency, empty=True)
    try:
        return await site.services.receive_codes.show(signed_in.number, amount, currency.number)
    except CannotReceive:
        return None


def _shown(site: Site, code: ReceiveCode | None) -> dict[str, Any]:
    if code is None:
        return {"code": None}
    link = ReceiveLinks(site.services.settings.public_origin, site.services.cipher).of(code.id)
    now = site.services.clock.now()
    return {
        "code": code,
        "picture": qr(link),
        "amount": Money(code.amount, own_currency(site)) if code.amount else None,
        "left": max(1, (code.changes_at - now) // 1_000_000),
    }
