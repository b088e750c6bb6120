"""A merchant's orders: filtered, searched by the merchant's number or by ours, and exported."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Request, get
from litestar.datastructures import State
from litestar.response import Redirect, Stream

from feiqian.ids import ORDER, is_id
from feiqian.merchant_users.model import Permission
from feiqian.merchant_users.pages.portal import Page, Portal, ThePortal
from feiqian.merchant_users.pages.who import NEEDS
from feiqian.orders.export import MOST, csv_of
from feiqian.orders.model import OrderStatus
from feiqian.orders.read_model.reads import Wanted
from feiqian.projections.errors import CursorInvalid
from feiqian.web.forms import Form

from .asked import ORDERS, amount_of, at, currency_of, end_of, shown, start_of

ON_A_PAGE = 25
PARTS = 10  # of so many orders each (`MOST`), at most, in one export
READS = {NEEDS: Permission.ORDERS_READ}
FIELDS = ("search", "status", "since", "until", "least", "most")


class OrderListPages(Controller):
    """`/merchants/orders`."""

    path = "/orders"
    opt = READS

    @get("/")
    async def listing(self, portal: ThePortal, request: Request[Any, Any, State]) -> Page:
        asked = request.query_params
        form = _form(asked)
        if is_id(ORDER, form["search"]):
            return Redirect(f"{ORDERS}/{form['search']}", status_code=303)
        wanted, member = _wanted(portal, form), portal.member
        orders, cursor = portal.site.services.orders, asked.get("cursor") or None
        try:
            found, older = await orders.list(member.merchant, cursor, ON_A_PAGE, wanted)
        except CursorInvalid:
            found, older = await orders.list(member.merchant, None, ON_A_PAGE, wanted)
        query = urlencode({name: form[name] for name in FIELDS if form[name]})
        return portal.page(
            "developers/orders.html",
            "orders",
            form,
            status=200,
            orders=[(order, shown(order, order.amount)) for order in found],
            times={order.id: at(order.created_at) for order in found},
            older=older,
            first=cursor is None,
            query=query,
            filtered=bool(query),
            states=[(one.value, portal.text(f"developers.order.state.{one}")) for one in OrderStatus],
            incomplete=await orders.reads.incomplete(),
            currency=currency_of(portal),
        )

    @get("/export.csv")
    async def export(self, portal: ThePortal, request: Request[Any, Any, State]) -> Stream:
        """What the filter finds, the newest first; a part at a time."""
        wanted = _wanted(portal, _form(request.query_params))
        headers = {"Content-Disposition": 'attachment; filename="orders.csv"', "Cache-Control": "no-store"}
        return Stream(_csv(portal, wanted), media_type="text/csv", headers=headers)


async def _csv(portal: Portal, wanted: Wanted) -> AsyncIterator[str]:
    cursor, first = None, True
    for _ in range(PARTS):
        found, cursor = await portal.site.services.orders.list(portal.member.merchant, cursor, MOST, wanted)
        yield csv_of(found, header=first)
        first = False
        if cursor is None:
            return


def _form(asked: Mapping[str, str]) -> Form:
    return Form({name: asked.get(name, "")[:64] for name in FIELDS})


def _wanted(portal: Portal, form: Form) -> Wanted:
    """What the filter asks for; what cannot be read is said at its field, and not asked for."""
    of, site = currency_of(portal), portal.site
    amounts = {name: amount_of(form, name, of) for name in ("least", "most")}
    days = {"since": start_of(form["since"], site), "until": end_of(form["until"], site)}
    for name, found in (amounts | days).items():
        if form[name] and found is None:
            form.wrong(name, portal.text(f"developers.orders.wrong.{'amount' if name in amounts else 'day'}"))
    least, most = amounts["least"], amounts["most"]
    return Wanted(
        status=form["status"] if form["status"] in set(OrderStatus) else None,
        created_from=days["since"],
        created_before=days["until"],
        search=form["search"] or None,
        least=least and least.minor,
        most=most and most.minor,
    )
