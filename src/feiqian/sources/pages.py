"""`/sources`: what payments by code are taken from, and changing it; one form for each currency."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromQuery
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from feiqian.auth.pages.challenge import Page
from feiqian.money import BY_CODE
from feiqian.sources.errors import SourcesInvalid
from feiqian.sources.service import MOST
from feiqian.sources.standing import Standing
from feiqian.web.forms import Form, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

USUAL_PLACES = 3
YES = "yes"


class SourcePages(Controller):
    """`/sources`."""

    path = "/sources"

    @get("/")
    async def look(self, site: TheSite, signed_in: TheCustomer, saved: FromQuery[str] = "") -> Page:
        return await _page(site, signed_in, {}, saved=bool(saved))

    @post("/", status_code=303)
    async def choose(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        code = form["currency"]
        asked = [form[f"{code}-{place}"] for place in range(1, MOST + 2)]
        order = [account for account in asked if account]
        try:
            if code not in BY_CODE:
                raise SourcesInvalid("unknown")
            falls = form[f"{code}-falls"] == YES
            await site.services.sources.put(signed_in.number, BY_CODE[code].number, order, falls)
        except SourcesInvalid as error:
            form.wrong(f"{code}-1" if code in BY_CODE else "", site.render.texts(f"sources.wrong.{error.reason}"))
            return await _page(site, signed_in, {code: form})
        return Redirect("/sources?saved=1", status_code=303)

    @post("/first", status_code=303)
    async def first(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Page:
        """Chosen on the page that pays, which shows it from then on."""
        form = await read_form(request)
        currency = BY_CODE.get(form["currency"])
        try:
            if currency is None:
                raise SourcesInvalid("unknown")
            await site.services.sources.put_first(signed_in.number, currency.number, form["source"])
        except SourcesInvalid as error:
            wrong = Form()
            wrong.wrong("", site.render.texts(f"sources.wrong.{error.reason}"))
            return await _page(site, signed_in, {}, wrong=wrong)
        return Redirect("/wallet/pay", status_code=303)


async def _page(
    site: Site, signed_in: Customer, forms: dict[str, Form], *, saved: bool = False, wrong: Form | None = None
) -> Page:
    """The page, with what was filled in where that is to be corrected."""
    standings = await site.services.sources.standing(signed_in.number)
    return site.page(
        "sources/sources.html",
        form=wrong or next(iter(forms.values()), Form()),
        wrong=wrong.errors[""] if wrong else "",
        standings=standings,
        forms={it.currency.code: _filled(it) for it in standings} | forms,
        places={it.currency.code: min(len(it.offered), max(USUAL_PLACES, len(it.order) + 1)) for it in standings},
        saved=saved,
    )


def _filled(it: Standing) -> Form:
    """The form as things stand."""
    code, offered = it.currency.code, {source.id for source in it.offered}
    order = [source.id for source in it.order if source.id in offered]
    values = {f"{code}-{place}": id for place, id in enumerate(order, 1)}
    return Form(values | {f"{code}-falls": YES if it.falls_through else ""})


PAGES: list[ControllerRouterHandler] = [SourcePages]
