"""The list of somebody's red packets, and one of them: to share, to open, or as it was opened."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Request, get, post
from litestar.datastructures import State as AppState
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from feiqian.auth.pages.challenge import Page
from feiqian.errors import LedgerError
from feiqian.money import BY_NUMBER, MinorUnits, Money
from feiqian.packets.errors import PacketNotFound, PacketNotTaken
from feiqian.packets.views import State, View
from feiqian.transfers.errors import NoteNotReportable, ReportsUsedUp
from feiqian.web.forms import read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite
from feiqian.web.symbols import qr

from .confirming import make
from .making import HOME

PER_PAGE = 20
_SAID = ("reported", "too_many")
_CANNOT = ("gone", "ended", "own", "not_possible", "too_many")


class PacketPages(Controller):
    """`/packets`."""

    path = HOME

    @get("/")
    async def all(self, site: TheSite, signed_in: TheCustomer, before: FromQuery[str] = "") -> Page:
        packets, customer = site.services.packets, signed_in.number
        await packets.reads.wait(site.services.ledger.durable_position, who=("customer", customer))
        found, older = await packets.reads.newest(customer, before[:40], PER_PAGE)
        views = await packets.views(customer, found, site.language)
        rows = [(view, _money(view, view.amount if view.made else view.own)) for view in views]
        return site.page("packets/all.html", rows=rows, older=older, hours=packets.rules.hours)

    @get("/done/{challenge:str}")
    async def done(self, site: TheSite, signed_in: TheCustomer, challenge: FromPath[str]) -> Page:
        """Asked again, it is answered as at first, and nothing is sent twice."""
        return await make(site, signed_in, challenge)

    @get("/{id:str}")
    async def look(
        self,
        site: TheSite,
        signed_in: TheCustomer,
        id: FromPath[str],
        code: FromQuery[str] = "",
        said: FromQuery[str] = "",
    ) -> Page:
        return await _look(site, signed_in, id, code, said=said if said in _SAID else "")

    @post("/{id:str}/take", status_code=303)
    async def take(
        self, site: TheSite, signed_in: TheCustomer, id: FromPath[str], request: Request[Any, Any, AppState]
    ) -> Page:
        """Pressed again, or in two windows, it is taken once."""
        code = (await read_form(request))["code"]
        try:
            await site.services.packets.take(signed_in.number, id, code)
        except PacketNotFound:
            raise NotFoundException from None
        except PacketNotTaken as error:
            return await _look(site, signed_in, id, code, error.why, status=409)
        except LedgerError:
            return site.page("transfers/unknown.html", status=503, again=f"{HOME}/{id}?code={code}")
        return Redirect(f"{HOME}/{id}", status_code=303)

    @post("/{id:str}/report", status_code=303)
    async def report(
        self, site: TheSite, signed_in: TheCustomer, id: FromPath[str], request: Request[Any, Any, AppState]
    ) -> Page:
        """What its sender has written."""
        code, said = (await read_form(request))["code"], "reported"
        try:
            await site.services.packet_reports.report(signed_in.number, id, code)
        except (PacketNotFound, NoteNotReportable):
            raise NotFoundException from None
        except ReportsUsedUp:
            said = "too_many"
        return Redirect(f"{HOME}/{id}?{urlencode({'code': code, 'said': said})}", status_code=303)


async def _look(
    site: Site, signed_in: Customer, id: str, code: str, cannot: str = "", *, status: int = 200, said: str = ""
) -> Page:
    packets = site.services.packets
    try:
        found = await packets.get(signed_in.number, id, code)
    except PacketNotFound:
        raise NotFoundException from None
    (view,) = await packets.views(signed_in.number, [found], site.language, whole=True)
    why = cannot or view.cannot
    link = packets.links.of(id) if view.made and view.shared and view.state is State.OPEN else ""
    return site.page(
        "packets/packet.html",
        status=status,
        it=view,
        said=said,
        cannot=why if why in _CANNOT else "",
        opens=_opens(view, code) and not why,
        code=code,
        link=link,
        picture=qr(link) if link else None,
        amount=_money(view, view.amount),
        given=_money(view, view.given),
        own=_money(view, view.own),
        returned=_money(view, view.returned or None),
        takes=[(one, _money(view, one.amount)) for one in view.takes],
    )


def _opens(view: View, code: str) -> bool:
    """Whether it is here to be opened by whoever looks."""
    if view.own is not None or view.state is not State.OPEN:
        return False
    return view.shared or not view.made


def _money(view: View, amount: MinorUnits | None) -> Money | None:
    return None if amount is None else Money(amount, BY_NUMBER[view.currency])
