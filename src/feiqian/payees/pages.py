"""`/payees/alias`: the name that a customer is paid by."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromQuery
from litestar.response import Redirect

from feiqian.auth.pages.challenge import Page
from feiqian.deposits.errors import AccountInvalid
from feiqian.payees.errors import ReceivingAliasTaken, ReceivingAliasTriesUsedUp
from feiqian.web.forms import NOT_TAKEN, Form, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

PLACE = "/payees/alias"


class AliasPages(Controller):
    """`/payees/alias`."""

    path = PLACE

    @get("/")
    async def ask(self, site: TheSite, signed_in: TheCustomer, said: FromQuery[str] = "") -> Page:
        return await _page(site, signed_in, Form(), said == "saved")

    @post("/", status_code=303)
    async def choose(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Page:
        form, texts = await read_form(request), site.render.texts
        try:
            await site.services.receiving_aliases.choose(signed_in.number, form["alias"])
        except AccountInvalid as error:
            form.wrong("alias", texts(f"account.invalid.{error.reason}"))
        except ReceivingAliasTaken:
            form.wrong("alias", texts("payees.alias.taken"))
        except ReceivingAliasTriesUsedUp:
            form.wrong("alias", texts("payees.alias.tries"))
        if form.good:
            return Redirect(f"{PLACE}?said=saved", status_code=303)
        return await _page(site, signed_in, form, said=False)


async def _page(site: Site, signed_in: Customer, form: Form, said: bool) -> Page:
    alias = await site.services.receiving_aliases.of(signed_in.number)
    status = NOT_TAKEN if form.errors else 200
    return site.page("payees/alias.html", status=status, form=form, alias=alias, said=said)


PAGES = (AliasPages,)
