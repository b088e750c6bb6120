"""`/scan/merchants`: a merchant's number, typed: who that is, and how they are paid.

Nothing is paid here. A merchant is paid by an order that they made, or by the code that they scan; an amount is never
sent to a number alone.
"""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get
from litestar.datastructures import State
from litestar.params import FromQuery

from feiqian.auth.pages.challenge import Page
from feiqian.scanning.merchants import merchant_of
from feiqian.web.forms import NOT_TAKEN, Form
from feiqian.web.session import customers_only
from feiqian.web.site import TheSite

Asked = Request[Any, Any, State]


class MerchantPages(Controller):
    """The name that is shown is the one that the bank has on file."""

    path = "/scan/merchants"
    guards = (customers_only,)

    @get("/")
    async def look(self, site: TheSite, merchant: FromQuery[str] = "") -> Page:
        form = Form({"merchant": merchant})
        found = merchant_of(site.services.merchants, form["merchant"])
        if form["merchant"] and found is None:
            form.wrong("merchant", site.render.texts("scan.merchant.unknown"))
        status = None if form.good else NOT_TAKEN
        return site.page("scanning/merchant.html", status=status, form=form, found=found)
