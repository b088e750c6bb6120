"""The page on which a customer gives an account an alias."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from feiqian.auth.pages.challenge import Page
from feiqian.deposits import aliases
from feiqian.deposits.errors import AccountInvalid, AccountNotFound, AliasTaken, AliasTriesUsedUp
from feiqian.web.forms import Form, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

LONGEST = {"alias": aliases.LONGEST}


class AliasPages(Controller):
    """`/accounts/{id}/alias`."""

    path = "/accounts/{id:str}/alias"

    @get("/")
    async def ask(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Page:
        return await _page(site, signed_in, id, Form())

    @post("/", status_code=303)
    async def choose(
        self, site: TheSite, signed_in: TheCustomer, id: FromPath[str], request: Request[Any, Any, State]
    ) -> Page:
        form = await read_form(request)
        try:
            await site.services.aliases.choose(signed_in.number, id, form["alias"])
        except AccountNotFound:
            raise NotFoundException from None
        except AccountInvalid as error:
            form.wrong("alias", site.render.texts(f"account.invalid.{error.reason}"))
        except AliasTaken:
            form.wrong("alias", site.render.texts("account.alias.taken"))
        except AliasTriesUsedUp:
            form.wrong("alias", site.render.texts("account.alias.tries"))
        if form.good:
            return Redirect(f"/accounts/{id}", status_code=303)
        return await _page(site, signed_in, id, form)


async def _page(site: Site, signed_in: Customer, id: str, form: Form) -> Page:
    services = site.services
    try:
        account = await services.transactions.read(services.deposits.own, signed_in.number, id)
    except AccountNotFound:
        raise NotFoundException from None
    return site.page("deposits/alias.html", form=form, account=account)
