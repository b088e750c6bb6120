"""An order as the checkout's templates have it, and what became of an attempt to pay it."""

from __future__ import annotations

from typing import Any

from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from feiqian.auth.pages.challenge import Page
from feiqian.checkout.links import PLACE, Links
from feiqian.clock import MICROSECONDS, microseconds
from feiqian.ids import ORDER, is_id
from feiqian.merchants.registry import Merchant
from feiqian.money import BY_CODE, MinorUnits, Money
from feiqian.orders.errors import OrderNotFound
from feiqian.orders.model import Order, OrderStatus
from feiqian.quick.pages.pay import PAYS
from feiqian.web.site import Site

_NOT_PAID = (OrderStatus.CLOSED, OrderStatus.EXPIRED, OrderStatus.VOIDED, OrderStatus.LAPSED)


async def found(site: Site, id: str) -> tuple[Order, Merchant]:
    """Raises NotFoundException, the same for what is no id, and for one that names nothing."""
    if not is_id(ORDER, id):
        raise NotFoundException
    try:
        return await site.services.orders.find(id)
    except OrderNotFound:
        raise NotFoundException from None


def values(site: Site, order: Order, merchant: Merchant) -> dict[str, Any]:
    """What every template of the checkout is given; `left` in seconds."""
    unit, until = BY_CODE[order.currency], microseconds(order.expires_at)

    def money(minor: int) -> Money:
        return Money(MinorUnits(minor), unit)

    return {
        "order": order,
        "payee": merchant.name,
        "amount": money(order.amount),
        "items": [(item.name, item.quantity, money(item.amount)) for item in order.line_items],
        "refunded": money(order.refunded) if order.refunded else None,
        "until": until,
        "left": max(0, until - site.services.clock.now()) // MICROSECONDS,
        "paid_at": microseconds(order.ended_at) if order.ended_at and order.status not in _NOT_PAID else None,
        "good": order.ended_at is not None and order.status not in _NOT_PAID,
        "place": f"{PLACE}/{order.id}",
    }


def links(site: Site) -> Links:
    """The codes of this bank's orders."""
    return Links(site.services.settings.public_origin, site.services.cipher)


async def unpaid(site: Site, id: str, outcome: str, **more: Any) -> Page:
    """What became of an attempt: leads to the order if that is paid by it, else says why not and what to do."""
    if outcome in PAYS:
        return Redirect(f"{PLACE}/{id}", status_code=303)
    order, merchant = await found(site, id)
    given = {"reason": "", "why": None, "again": f"{PLACE}/{id}/done"} | more
    return site.page("checkout/unpaid.html", outcome=outcome, **given, **values(site, order, merchant))
