"""The wallet's first page: what somebody has, what needs attention, what they do most often, and what came last."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.response import Redirect, Stream

from feiqian.auth.pages.push import push_shown
from feiqian.ids import CustomerNumber
from feiqian.payments.pages.lists import built
from feiqian.payments.pages.live import live_page
from feiqian.payments.pages.sheet import sheet
from feiqian.payments.pages.standing import name_of, standing, standing_of
from feiqian.web.forms import read_form
from feiqian.web.problems import for_people
from feiqian.web.session import BY_ITSELF, TheCustomer, customers_only
from feiqian.web.site import Site, TheSite
from feiqian.web.streams import MovesMoney
from feiqian.web.wallet_parts import parts_of, prime_row
from feiqian.web.whose import ASKED_BY_A_PAGE

from .money import money_of

LATELY = 5


class Home(Controller):
    """`/wallet`."""

    path = "/wallet"
    guards = (customers_only,)

    @get("/")
    async def home(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Response[str]:
        services, number = site.services, signed_in.number
        profile = await services.work.db(services.customers.profile, number)
        name, stands = await name_of(services, number, profile), standing(services, number, profile)
        values = await _values(site, number) | {"dotted": request.cookies.get(site.cookies.hide) == "yes"}
        return site.page(
            "home/home.html",
            ("home.",),
            name=name,
            standing=stands,
            prime=prime_row(),
            push=await push_shown(site, signed_in),
            **values,
        )

    @post("/hide", status_code=303)
    async def hide(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Response[Any]:
        """Amounts are dots in this browser from now on, or are not."""
        hidden = (await read_form(request))["hidden"] == "yes"
        cookies = [site.cookies.hiding(hidden)]
        if for_people(request):
            return Redirect("/wallet", status_code=303, cookies=cookies)
        return Response({"hidden": hidden}, status_code=200, cookies=cookies)

    @get("/home/events", opt={BY_ITSELF: True, ASKED_BY_A_PAGE: True})
    async def events(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Stream:
        return live_page(site, signed_in, request, _state)


async def _values(site: Site, number: CustomerNumber) -> dict[str, Any]:
    """What changes while the page is open."""
    services = site.services
    return {
        "money": await money_of(services, number),
        "waiting": await services.payments.confirmations.shown(number),
        "parts": await parts_of(services, number, "home"),
        "lately": await built(services, lambda: services.activity.page(number, limit=LATELY)),
        "unread": await services.inbox.unread(number),
    }


async def _state(site: Site, number: CustomerNumber, facts: list[MovesMoney]) -> dict[str, object]:
    values = await _values(site, number) | {"page_for": site.page_for, "dotted": False}
    return {
        "standing": (await standing_of(site.services, number)).state,
        "attention": site.render("home/parts/attention.html", **values),
        "money": site.render("home/parts/money.html", **values),
        "lately": site.render("home/parts/lately.html", **values),
        "sheet": await sheet(site, facts[-1]) if facts else None,
        "bell": site.render("home/parts/bell.html", **values),
    }
