"""Where somebody arranges what the first page shows of their accounts: the order, and what it leaves out."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.response import Redirect

from feiqian.home.model import Place, moved, switched
from feiqian.web.forms import read_form
from feiqian.web.session import TheCustomer, customers_only
from feiqian.web.site import TheSite

from .money import money_of

PATH = "/wallet/accounts"
_MOVES = {"up": -1, "down": 1}


class ArrangePages(Controller):
    """`/wallet/accounts`."""

    path = PATH
    guards = (customers_only,)

    @get("/")
    async def look(self, site: TheSite, signed_in: TheCustomer) -> Response[str]:
        return site.page("home/accounts.html", money=await money_of(site.services, signed_in.number))

    @post("/", status_code=303)
    async def arrange(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Redirect:
        """One step. Two at once count both, or the later one; what is none of theirs changes nothing."""
        form = await read_form(request)
        name, act = form["account"], form["do"]
        held = (await money_of(site.services, signed_in.number)).all
        places = [Place(one.name, one.hidden) for one in held]
        if act in _MOVES:
            places = moved(places, name, _MOVES[act])
        elif act in ("hide", "show"):
            places = switched(places, name, hidden=act == "hide")
        await site.services.arrangements.put(signed_in.number, places, [one.name for one in held])
        return Redirect(PATH, status_code=303)
