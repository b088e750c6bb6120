"""`/requests`: what somebody was asked for and has asked for, one of them, and what can be done about it."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from feiqian.auth.pages.challenge import Page
from feiqian.ids import RECEIVE_CODE
from feiqian.requests.errors import (
    ReceiveCodeInvalid,
    RemindedToday,
    RequestNotFound,
    RequestOver,
)
from feiqian.requests.model import REMIND_EVERY, RequestStatus, Wish
from feiqian.runtime.paging import Ask
from feiqian.transfers.errors import ReportsUsedUp
from feiqian.web.forms import NOT_TAKEN, Form, form_of, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

from .shown import HOME, NOT_ASKED, new_number, own_currency, preselected, say, seen, sources, typed

SIDES = ("received", "made")
_SAID = ("asked", "declined", "withdrawn", "reminded", "too_soon", "blocked", "reported", "too_many", "over")
Sent = Request[Any, Any, State]


class RequestPages(Controller):
    """Nothing is paid here; that is confirmed first."""

    path = HOME

    @get("/")
    async def look(
        self,
        site: TheSite,
        signed_in: TheCustomer,
        side: FromQuery[str] = SIDES[0],
        before: FromQuery[str] = "",
        after: FromQuery[str] = "",
    ) -> Page:
        requests, side = site.services.money_requests, side if side in SIDES else SIDES[0]
        of = requests.made_by if side == "made" else requests.sent_to
        page = await of(signed_in.number, Ask(before, after))
        rows = [seen(one, signed_in.number) for one in page.items]
        blocked = await site.services.request_blocking.blocked(signed_in.number)
        values: dict[str, Any] = {"side": side, "sides": SIDES, "found": rows, "page": page, "blocked": len(blocked)}
        return site.page("requests/list.html", **values)

    @get("/new")
    async def ask(self, site: TheSite, signed_in: TheCustomer, person: FromQuery[str] = "") -> Page:
        return await _new(site, form_of({"person": person}))

    @post("/new", status_code=303)
    async def make(self, site: TheSite, signed_in: TheCustomer, request: Sent) -> Page:
        form = await read_form(request)
        currency = own_currency(site)
        if not form["person"]:
            form.wrong("person", site.render.texts("requests.wrong.person"))
        amount = typed(site, form, "amount", currency)
        if form.good:
            wish = Wish(new_number(form), form["person"], amount, currency.number, form["message"])
            try:
                made = await site.services.money_requests.ask(signed_in.number, wish)
            except NOT_ASKED as error:
                say(site, form, error, {"note": "message"})
            else:
                return Redirect(f"{HOME}/{made.id}?said=asked", status_code=303)
        return await _new(site, form)

    @get("/blocked")
    async def blocked(self, site: TheSite, signed_in: TheCustomer) -> Page:
        return site.page("requests/blocked.html", rows=await site.services.request_blocking.blocked(signed_in.number))

    @get("/{id:str}")
    async def one(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str], said: FromQuery[str] = "") -> Page:
        return await request_page(site, signed_in, id, Form(), said if said in _SAID else "")

    @post("/{id:str}/decline", status_code=303)
    async def decline(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Page:
        return await _done(site.services.money_requests.decline(signed_in.number, id), id, "declined")

    @post("/{id:str}/withdraw", status_code=303)
    async def withdraw(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Page:
        return await _done(site.services.money_requests.withdraw(signed_in.number, id), id, "withdrawn")

    @post("/{id:str}/remind", status_code=303)
    async def remind(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Page:
        return await _done(site.services.money_requests.remind(signed_in.number, id), id, "reminded")

    @post("/{id:str}/block", status_code=303)
    async def block(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Page:
        return await _done(site.services.request_blocking.block(signed_in.number, id), id, "blocked")

    @post("/{id:str}/unblock", status_code=303)
    async def unblock(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Page:
        await site.services.request_blocking.unblock(signed_in.number, id)
        return Redirect(f"{HOME}/blocked", status_code=303)

    @post("/{id:str}/report", status_code=303)
    async def report(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Page:
        return await _done(site.services.request_blocking.report(signed_in.number, id), id, "reported")


async def request_page(site: Site, signed_in: Customer, id: str, form: Form, said: str = "") -> Page:
    """One of them. Raises NotFoundException."""
    try:
        found = await site.services.money_requests.get(signed_in.number, id)
    except RequestNotFound:
        raise NotFoundException from None
    it, offered = seen(found, signed_in.number), []
    if not it.mine and found.status is RequestStatus.OPEN:
        offered = await sources(site, signed_in, it.amount.currency)
    return site.page(
        "requests/request.html",
        status=NOT_TAKEN if form.errors else None,
        form=form,
        it=it,
        said=said,
        sources=offered,
        chosen=preselected(offered, form),
        remind_at=max(found.asked_at, found.reminded_at) + REMIND_EVERY,
        now=site.services.clock.now(),
    )


async def _new(site: Site, form: Form) -> Page:
    name = ""
    if form["person"].startswith(RECEIVE_CODE):
        try:
            name = (await site.services.receive_codes.scanned(form["person"])).name
        except ReceiveCodeInvalid:
            form.wrong("person", site.render.texts("requests.wrong.code"))
    status = NOT_TAKEN if form.errors else None
    return site.page("requests/new.html", status=status, form=form, name=name, number=new_number(form))


async def _done(doing: Any, id: str, said: str) -> Page:
    """To the request's page, which says what became of it."""
    try:
        await doing
    except RequestNotFound:
        raise NotFoundException from None
    except RemindedToday:
        said = "too_soon"
    except ReportsUsedUp:
        said = "too_many"
    except RequestOver:
        said = "over"
    return Redirect(f"{HOME}/{id}?said={said}", status_code=303)
