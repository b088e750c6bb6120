"""An order's page: what it is, its time line, and the forms of what may be done with it as it is now."""

from __future__ import annotations

from feiqian.developers.order_desk import refundable
from feiqian.developers.timeline import payments_of, timeline
from feiqian.merchant_users.model import Permission
from feiqian.merchant_users.pages.portal import Page, Portal
from feiqian.money import Money, decimal_text
from feiqian.orders.model import Order, OrderStatus
from feiqian.web.forms import Form

from .asked import at, new_once, shown

TONES = {
    OrderStatus.OPEN: "wait",
    OrderStatus.AUTHORISED: "wait",
    OrderStatus.PAID: "good",
    OrderStatus.CAPTURED: "good",
}


async def draw(portal: Portal, id: str, form: Form) -> Page:
    """Raises OrderNotFound."""
    services, member = portal.site.services, portal.member
    order = await services.orders.get(member.merchant, id)
    await services.orders.reads.wait(services.ledger.durable_position, who=("merchant", member.merchant.number))
    await services.reads.wait(services.ledger.durable_position, who=("merchant", member.merchant.number))
    refunds = [fact for one in payments_of(order) for fact in await services.reads.refunds_of(one)]
    told = await services.webhooks.log.of_object(member.merchant.number, id)
    looks = member.may(Permission.WEBHOOKS_READ)  # others see that the shop's systems were told, not what and where
    most = shown(order, refundable(order))
    return portal.page(
        "developers/order.html",
        "orders",
        form if form.values else Form(_values(order, most), form.errors),
        order=order,
        money={
            name: shown(order, getattr(order, name)) for name in ("amount", "paid", "authorised", "refunded", "fee")
        },
        net=shown(order, max(0, order.net)),
        tone=TONES.get(order.status, ""),
        times={"created": at(order.created_at), "expires": at(order.expires_at), "before": at(order.capture_before)},
        lines=timeline(await services.orders.reads.events(id), told),
        places=await _places(portal) if looks and len({one.endpoint for one in told}) > 1 else {},
        looks=looks,
        attempts=[(one, at(one.created_at)) for one in order.attempts],
        taken=[(one, shown(order, one.amount), at(one.created_at)) for one in order.taken],
        items=[(one, shown(order, one.amount)) for one in order.line_items],
        refunds=[(fact, shown(order, fact.amount)) for fact in sorted(refunds, key=lambda one: one.created_at)],
        acts=_acts(portal, order),
        most=most,
        once=new_once() if form.good else form["once"] or new_once(),
    )


async def _places(portal: Portal) -> dict[str, str]:
    """Where each endpoint is, for an order of which several were told."""
    endpoints = portal.site.services.webhooks.endpoints
    return {one.id: one.url for one in await endpoints.all_of(portal.member.merchant.number)}


def _acts(portal: Portal, order: Order) -> set[str]:
    """What this member may do with the order as it is."""
    may, acts = portal.member.may, set()
    if may(Permission.ORDERS_REFUND):
        if refundable(order):
            acts.add("refund")
        if order.status is OrderStatus.OPEN:
            acts.add("close")
        if order.status is OrderStatus.AUTHORISED:
            acts.add("void")
    if may(Permission.ORDERS_TAKE) and order.status is OrderStatus.AUTHORISED:
        acts.add("capture")
    return acts


def _values(order: Order, most: Money) -> dict[str, str]:
    """The forms as they are first shown: all that is there."""
    return {"amount": decimal_text(most), "taken": decimal_text(shown(order, order.authorised))}
