"""What merchants do with orders. Each operation calls the feature and renders what it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import msgspec
from litestar.params import FromQuery, JSONBody

from feiqian.clock import microseconds
from feiqian.merchants.registry import Merchant
from feiqian.merchants.scopes import Scope
from feiqian.orders.errors import OrderNotFound
from feiqian.orders.export import MOST, csv_of
from feiqian.orders.model import Order, OrderStatus
from feiqian.orders.read_model.reads import Wanted
from feiqian.orders.requests import CaptureRequest, OrderRefundRequest, OrderRequest
from feiqian.payments.api.merchants import Cursor, Limit, RefundList, Seconds
from feiqian.payments.requests import Reference
from feiqian.payments.views import RefundView, refund_view
from feiqian.runtime import logs
from feiqian.strings.patterns import matching
from feiqian.web.v1 import problems
from feiqian.web.v1.answers import Answer
from feiqian.web.v1.operations import Id, TheKey, TheMerchant, TheServices, get, grouped, post
from feiqian.web.v1.parse import KEY_PATTERN

_log = logs.get("feiqian.api")
_CSV = b"text/csv; charset=utf-8", ((b"content-disposition", b'attachment; filename="orders.csv"'),)
_OF_ONE = (problems.NOT_FOUND, problems.ID_REUSED)
IdempotencyKey = Annotated[str, matching(KEY_PATTERN)]


class OrderList(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some orders, newest first; `next` is the cursor of the page after it, None at the end. `incomplete`: some may be
    missing, until that is repaired."""

    data: list[Order]
    next: str | None
    incomplete: bool = False


@contextmanager
def _theirs(merchant: Merchant, order: str) -> Iterator[None]:
    """404 whether it is nobody's or another's; logged, because asking for another's is how prying begins."""
    try:
        yield
    except OrderNotFound:
        _log.warning("order_not_found", merchant=merchant.number, order=order[:64])
        raise problems.ProblemError(problems.NOT_FOUND, "You have no such order.") from None


@post(
    "/v1/orders",
    "createOrder",
    "Ask for a payment that the customer makes later, on the bank's page or at a till",
    description="Sent again with the same `merchant_order` and content it gives the order as it is now, and with "
    "anything else `/problems/id-reused`. One number names an order or a payment, never both.",
    problems=(problems.ID_REUSED, problems.CONFLICT, problems.TOO_MANY_REQUESTS),
    scope=Scope.ORDERS_WRITE,
)
async def create_order(
    data: JSONBody[OrderRequest], merchant: TheMerchant, services: TheServices, idempotency_key: TheKey
) -> Order:
    """`web.v1.hot` does the same without the framework, and is asked first."""
    return await services.orders.create(merchant, data, idempotency_key)


@get(
    "/v1/orders", "listOrders", "Your orders, newest first, or the one with your number or key", scope=Scope.ORDERS_READ
)
async def list_orders(
    merchant: TheMerchant,
    services: TheServices,
    merchant_order: FromQuery[Reference | None] = None,
    key: FromQuery[IdempotencyKey | None] = None,
    status: FromQuery[OrderStatus | None] = None,
    search: FromQuery[Reference | None] = None,
    created_from: FromQuery[datetime | None] = None,
    created_before: FromQuery[datetime | None] = None,
    limit: FromQuery[Limit] = 20,
    cursor: FromQuery[Cursor | None] = None,
) -> OrderList:
    orders = services.orders
    try:
        if merchant_order is not None:
            return OrderList([await orders.by_number(merchant, merchant_order)], None)
        if key is not None:
            return OrderList([await orders.by_key(merchant, key)], None)
    except OrderNotFound:
        return OrderList([], None)
    wanted = Wanted(status and status.value, _at(created_from), _at(created_before), search)
    found, after = await orders.list(merchant, cursor, limit, wanted)
    return OrderList(found, after, await orders.reads.incomplete())


@get(
    "/v1/orders/export",
    "exportOrders",
    "Your orders as CSV, newest first, up to a thousand at once",
    description="A header and a line for each order (RFC 4180, UTF-8); amounts in major units, times in UTC, and an "
    "apostrophe before what a spreadsheet would take for a formula. Of a thousand lines the last one's `id` is the "
    "`cursor` of what comes after them, which has no header; fewer are the end.",
    media_type="text/csv",
    scope=Scope.REPORTS_READ,
)
async def export_orders(
    merchant: TheMerchant,
    services: TheServices,
    status: FromQuery[OrderStatus | None] = None,
    created_from: FromQuery[datetime | None] = None,
    created_before: FromQuery[datetime | None] = None,
    cursor: FromQuery[Cursor | None] = None,
) -> Answer:
    wanted = Wanted(status and status.value, _at(created_from), _at(created_before))
    found, _ = await services.orders.list(merchant, cursor, MOST, wanted)
    return Answer(200, csv_of(found, header=cursor is None).encode(), *_CSV)


def _at(moment: datetime | None) -> int | None:
    if moment is not None and moment.tzinfo is None:
        raise problems.ProblemError(problems.INVALID, "A time has its zone, as in 2026-11-27T20:00:00Z.")
    return None if moment is None else microseconds(moment)


@get(
    "/v1/orders/{id:str}",
    "getOrder",
    "An order as it is now, or as soon as it changes",
    description="With `wait`, an order that is open is answered the moment that it changes, or after so many seconds "
    "as it is. The same object, with the same `version`, is in webhooks and in the signed return.",
    problems=_OF_ONE,
    scope=Scope.ORDERS_READ,
)
async def get_order(id: Id, merchant: TheMerchant, services: TheServices, wait: FromQuery[Seconds] = 0) -> Order:
    with _theirs(merchant, id):
        return await services.orders.get(merchant, id, wait)


@post(
    "/v1/orders/{id:str}/close",
    "closeOrder",
    "Close an order, so that nobody can pay it any more",
    description="Closed again it stays closed. An order that was paid before cannot be closed: look at it.",
    problems=(*_OF_ONE, problems.CONFLICT),
    scope=Scope.ORDERS_WRITE,
)
async def close_order(id: Id, merchant: TheMerchant, services: TheServices, idempotency_key: TheKey) -> Order:
    with _theirs(merchant, id):
        return await services.orders.close(merchant, id, idempotency_key)


@post(
    "/v1/orders/{id:str}/capture",
    "captureOrder",
    "Take part or all of what is authorised",
    description="Of an order with `capture: later`, within 7 days. A part leaves the rest authorised, to the same "
    "time, unless it is `final`. Each capture is charged its own fee. Sent again with the same `merchant_capture` it "
    "changes nothing, and gives the order as it is now.",
    problems=(*_OF_ONE, problems.CONFLICT),
    scope=Scope.ORDERS_WRITE,
)
async def capture_order(
    id: Id,
    data: JSONBody[CaptureRequest],
    merchant: TheMerchant,
    services: TheServices,
    idempotency_key: TheKey,
) -> Order:
    with _theirs(merchant, id):
        return await services.orders.capture(merchant, id, data, idempotency_key)


@post(
    "/v1/orders/{id:str}/void",
    "voidOrder",
    "Give up what is authorised and not captured",
    description="What was captured stays so: refund it.",
    problems=(*_OF_ONE, problems.CONFLICT),
    scope=Scope.ORDERS_WRITE,
)
async def void_order(id: Id, merchant: TheMerchant, services: TheServices, idempotency_key: TheKey) -> Order:
    with _theirs(merchant, id):
        return await services.orders.void(merchant, id, idempotency_key)


@post(
    "/v1/orders/{id:str}/refunds",
    "createOrderRefund",
    "Give back part or all of what was paid",
    description="Sent again with the same `merchant_refund` it gives the first answer. An order has at most 50 "
    "refunds, within 365 days after it was paid. The bank keeps its fee: a refund costs you the whole amount refunded.",
    problems=(*_OF_ONE, problems.CONFLICT),
    scope=Scope.REFUNDS_WRITE,
)
async def create_order_refund(
    id: Id,
    data: JSONBody[OrderRefundRequest],
    merchant: TheMerchant,
    services: TheServices,
    idempotency_key: TheKey,
) -> RefundView:
    with _theirs(merchant, id):
        return await services.orders.refund(merchant, id, data, idempotency_key)


@get(
    "/v1/orders/{id:str}/refunds",
    "listOrderRefunds",
    "The refunds of an order",
    problems=_OF_ONE,
    scope=Scope.ORDERS_READ,
)
async def list_order_refunds(id: Id, merchant: TheMerchant, services: TheServices) -> RefundList:
    with _theirs(merchant, id):
        order = await services.orders.get(merchant, id)
    await services.reads.wait(services.ledger.durable_position, who=("merchant", merchant.number))
    facts = [fact for one in order.taken for fact in await services.reads.refunds_of(one.payment)]
    return RefundList([refund_view(fact) for fact in sorted(facts, key=lambda fact: fact.created_at)])


OPERATIONS = grouped(
    "Orders",
    "An order is paid once, by whichever attempt succeeds first: on the bank's page, in the wallet, or at a till.",
    create_order,
    list_orders,
    export_orders,
    get_order,
    close_order,
    capture_order,
    void_order,
    create_order_refund,
    list_order_refunds,
)
