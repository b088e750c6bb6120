"""A new order from a request, and whether a request is for an order that there is. Pure."""

from __future__ import annotations

import math

from feiqian.clock import moment
from feiqian.money import NOTHING
from feiqian.orders.model import Capture, Hints, LineItem, Order, OrderStatus
from feiqian.orders.requests import ALL_METHODS, OrderRequest

# What the merchant says of an order, and nobody changes.
_ASKED = ("amount", "currency", "description", "capture", "methods", "line_items", "metadata", "customer", "return_url")


def same_order(order: Order, request: OrderRequest) -> bool:
    """Whether the request asks for just this order."""
    asked = new_order(order.id, request, 0, 0)
    seconds = math.ceil((order.expires_at - order.created_at).total_seconds())
    alike = all(getattr(asked, name) == getattr(order, name) for name in _ASKED)
    return alike and seconds == request.expires_in


def new_order(id: str, request: OrderRequest, now_us: int, expires_at: int) -> Order:
    """Its first version. Times in Unix microseconds."""
    now = moment(now_us)
    return Order(
        id=id,
        version=1,
        status=OrderStatus.OPEN,
        merchant_order=request.merchant_order,
        amount=request.amount,
        currency=request.currency,
        description=request.description,
        capture=Capture(request.capture),
        methods=request.methods if request.methods is ALL_METHODS else tuple(sorted(set(request.methods))),
        authorised=NOTHING,
        paid=NOTHING,
        fee=NOTHING,
        net=NOTHING,
        refunded=NOTHING,
        refunds=0,
        payment=None,
        taken=(),
        processing=False,
        attempts=(),
        line_items=tuple(
            LineItem(name=one.name, quantity=one.quantity, amount=one.amount) for one in request.line_items
        ),
        metadata=request.metadata,
        customer=Hints(reference=request.customer.reference, language=request.customer.language),
        return_url=request.return_url,
        created_at=now,
        expires_at=moment(expires_at),
        updated_at=now,
        capture_before=None,
        ended_at=None,
    )
