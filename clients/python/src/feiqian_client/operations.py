"""The bank's operations as requests: paths, fields, and what is answered. Each is called by both clients.

What makes a change one is the number that you choose (`merchant_order`, `merchant_refund`, `merchant_capture`): choose
it before the first attempt, keep it with the sale, and use it again whenever you do not know. All other changes are one
by their `idempotency_key`, which is made for each call, one for all its attempts; give your own, and keep it,
where the call may have to be made again. The bank remembers it for 7 days.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from . import returns
from .calls import Call, get, post, reader
from .errors import FeiqianError
from .model import (
    Balance,
    Customer,
    Deleted,
    Deliveries,
    Endpoint,
    Endpoints,
    Events,
    LineItem,
    Order,
    Orders,
    Outcome,
    Payment,
    Payments,
    Queued,
    QueuedRange,
    Refund,
    Refunds,
    ReturnSecret,
    Settlement,
    as_sent,
    outcome_of,
)
from .returns import Returned

T = TypeVar("T")
_ORDERS, _PAYMENTS, _ENDPOINTS = "/v1/orders", "/v1/payments", "/v1/webhook-endpoints"


def _of(folder: str, id: str, what: str = "") -> str:
    return f"{folder}/{quote(id, safe='')}{what}"


def _keyed(path: str, shape: type[T], body: Mapping[str, Any], key: str, *, number: str = "") -> Call[T]:
    """A change that is done once by its key, which is made here if none is given."""
    return post(path, shape, body, number=number, key=key or uuid.uuid4().hex)


# --- orders ----------------------------------------------------------------------------------------------------------


def create_order(
    *,
    merchant_order: str,
    amount: int,
    currency: str,
    description: str | None = None,
    line_items: Sequence[LineItem] | None = None,
    expires_in: int | None = None,
    capture: Literal["now", "later"] | None = None,
    methods: Sequence[Literal["code", "quick", "wallet"]] | None = None,
    return_url: str | None = None,
    metadata: Mapping[str, str] | None = None,
    customer: Customer | None = None,
    idempotency_key: str = "",
) -> Call[Order]:
    """Asks for a payment that the customer makes later; with the same number and content it gives the order as it is
    now. `expires_in`: seconds, 900 if it is left out. Raises NumberUsed, Invalid, Conflict, OutcomeUnknown."""
    body = {
        "merchant_order": merchant_order,
        "amount": amount,
        "currency": currency,
        "description": description,
        "line_items": as_sent(line_items),
        "expires_in": expires_in,
        "capture": capture,
        "methods": methods,
        "return_url": return_url,
        "metadata": metadata,
        "customer": as_sent(customer),
    }
    return post(_ORDERS, Order, body, number=merchant_order, key=idempotency_key)


def get_order(id: str, *, wait: int | None = None) -> Call[Order]:
    """An order as it is now; with `wait`, an open one as soon as it changes, or after so many seconds (at most 30)."""
    return get(_of(_ORDERS, id), Order, wait=wait)


def find_order(merchant_order: str) -> Call[Order | None]:
    """The order of your number; None if the bank has none."""
    return _first(get(_ORDERS, Orders, merchant_order=merchant_order))


def find_order_by_key(idempotency_key: str) -> Call[Order | None]:
    """The order that was made with this key; None if the bank has none."""
    return _first(get(_ORDERS, Orders, key=idempotency_key))


def _first(listed: Call[Orders]) -> Call[Order | None]:
    def read(body: bytes) -> Order | None:
        return next(iter(listed.read(body).data), None)

    return Call(method=listed.method, path=listed.path, query=listed.query, read=read)


def list_orders(
    *,
    status: str | None = None,
    search: str | None = None,
    created_from: datetime | None = None,
    created_before: datetime | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Call[Orders]:
    """Your orders, newest first. Times need a zone."""
    since, before = (moment and moment.isoformat() for moment in (created_from, created_before))
    return get(
        _ORDERS,
        Orders,
        status=status,
        search=search,
        created_from=since,
        created_before=before,
        limit=limit,
        cursor=cursor,
    )


def settle_order(
    id: str, *, amount: int | None = None, currency: str | None = None, wait: int | None = None
) -> Call[Settlement]:
    """What to act on, asked of the bank: for the page that the customer returns to, for webhooks, and for a timer, all
    alike. `amount` and `currency` are those of the sale: an order of others DIFFERS. Does not raise if the bank cannot
    be asked: then it is UNKNOWN. Raises NotFound, NotAllowed, Unauthenticated."""
    asked = get_order(id, wait=wait)

    def read(body: bytes) -> Settlement:
        order = asked.read(body)
        return Settlement(outcome=outcome_of(order, amount=amount, currency=currency), order=order)

    def unanswered(error: FeiqianError) -> Settlement:
        return Settlement(outcome=Outcome.UNKNOWN, why=str(error))

    return Call(method="GET", path=asked.path, query=asked.query, wait=asked.wait, read=read, unanswered=unanswered)


def return_secret() -> Call[str]:
    """With what the way back is signed. It stays: keep it with the passwords, for `returns.verify`."""
    return _return_secret(lambda secret: secret)


def returned_order(query: str | Mapping[str, str]) -> Call[Returned]:
    """Of which order the address of the way back is, and what it says of it: a hint, which `settle` must follow.
    `query`: the whole address, what stands behind its question mark, or its parameters. Raises ReturnInvalid."""
    return _return_secret(lambda secret: returns.verify(query, secret))


def _return_secret(then: Callable[[str], T]) -> Call[T]:
    decode = reader(ReturnSecret)
    return Call(method="GET", path="/v1/checkout/return-secret", read=lambda body: then(decode(body).secret))


def export_orders(
    *,
    status: str | None = None,
    created_from: datetime | None = None,
    created_before: datetime | None = None,
    cursor: str | None = None,
) -> Call[str]:
    """Your orders as CSV, newest first, at most a thousand; of a thousand the last one's id is the `cursor` of what
    comes after, which has no header. Times need a zone."""
    since, before = (moment and moment.isoformat() for moment in (created_from, created_before))
    asked = get(f"{_ORDERS}/export", Orders, status=status, created_from=since, created_before=before, cursor=cursor)
    return Call(method="GET", path=asked.path, query=asked.query, read=bytes.decode)


def close_order(id: str, *, idempotency_key: str = "") -> Call[Order]:
    """So that nobody can pay it any more. Raises Conflict if it was paid before."""
    return _keyed(_of(_ORDERS, id, "/close"), Order, {}, idempotency_key, number=id)


def capture_order(
    id: str, *, amount: int, merchant_capture: str, final: bool = False, idempotency_key: str = ""
) -> Call[Order]:
    """Takes part or all of what is authorised; with `final`, gives the rest up."""
    body = {"amount": amount, "merchant_capture": merchant_capture, "final": final}
    return _keyed(_of(_ORDERS, id, "/capture"), Order, body, idempotency_key, number=merchant_capture)


def void_order(id: str, *, idempotency_key: str = "") -> Call[Order]:
    """Gives up what is authorised and not captured."""
    return _keyed(_of(_ORDERS, id, "/void"), Order, {}, idempotency_key, number=id)


def refund_order(
    id: str, *, amount: int, merchant_refund: str, payment: str | None = None, idempotency_key: str = ""
) -> Call[Refund]:
    """Gives part or all back; `payment` says of which capture, where there were several."""
    body = {"amount": amount, "merchant_refund": merchant_refund, "payment": payment}
    return _keyed(_of(_ORDERS, id, "/refunds"), Refund, body, idempotency_key, number=merchant_refund)


def order_refunds(id: str) -> Call[Refunds]:
    """The refunds of an order."""
    return get(_of(_ORDERS, id, "/refunds"), Refunds)


# --- payments --------------------------------------------------------------------------------------------------------


def create_payment(
    *,
    payment_code: str,
    amount: int,
    currency: str,
    merchant_order: str,
    description: str | None = None,
    store: str | None = None,
    terminal: str | None = None,
    order: str | None = None,
) -> Call[Payment]:
    """Takes a payment with the code on a customer's phone: look at its `status`. With `order`, it pays that order."""
    body = {
        "payment_code": payment_code,
        "amount": amount,
        "currency": currency,
        "merchant_order": merchant_order,
        "description": description,
        "store": store,
        "terminal": terminal,
        "order": order,
    }
    return post(_PAYMENTS, Payment, body, number=merchant_order)


def get_payment(id: str, *, wait: int | None = None) -> Call[Payment]:
    """A payment now; with `wait`, as soon as its customer has decided, or after so many seconds (30 at most)."""
    return get(_of(_PAYMENTS, id), Payment, wait=wait)


def find_payment(merchant_order: str) -> Call[Payment | None]:
    """The payment of your number; None if the bank has none."""
    decode = reader(Payments)

    def read(body: bytes) -> Payment | None:
        return next(iter(decode(body).data), None)

    return Call(method="GET", path=_PAYMENTS, query={"merchant_order": merchant_order}, read=read)


def list_payments(*, limit: int | None = None, cursor: str | None = None) -> Call[Payments]:
    """Your payments, newest first."""
    return get(_PAYMENTS, Payments, limit=limit, cursor=cursor)


def cancel_payment(id: str, *, idempotency_key: str = "") -> Call[Payment]:
    """A payment that waits for its customer."""
    return _keyed(_of(_PAYMENTS, id, "/cancel"), Payment, {}, idempotency_key, number=id)


def refund_payment(id: str, *, amount: int, merchant_refund: str, idempotency_key: str = "") -> Call[Refund]:
    """Gives part or all of a payment back."""
    body = {"amount": amount, "merchant_refund": merchant_refund}
    return _keyed(_of(_PAYMENTS, id, "/refunds"), Refund, body, idempotency_key, number=merchant_refund)


def payment_refunds(id: str) -> Call[Refunds]:
    """The refunds of a payment."""
    return get(_of(_PAYMENTS, id, "/refunds"), Refunds)


def get_balance() -> Call[Balance]:
    """What you have received and not been paid out yet."""
    return get("/v1/balance", Balance)


# --- webhook endpoints -----------------------------------------------------------------------------------------------


def create_endpoint(
    *,
    url: str,
    events: Sequence[str],
    description: str | None = None,
    email: str | None = None,
    language: Literal["en", "zh", "es"] | None = None,
    idempotency_key: str = "",
) -> Call[Endpoint]:
    """Adds an endpoint; its `secret` is shown once. After OutcomeUnknown ask again with the error's `idempotency_key`:
    within an hour it is shown again; later look at `list`, and `rotate` what is there."""
    body = {"url": url, "events": events, "description": description, "email": email, "language": language}
    return _keyed(_ENDPOINTS, Endpoint, body, idempotency_key)


def list_endpoints() -> Call[Endpoints]:
    """All of yours, and how they fare."""
    return get(_ENDPOINTS, Endpoints)


def get_endpoint(id: str) -> Call[Endpoint]:
    """One of yours."""
    return get(_of(_ENDPOINTS, id), Endpoint)


def change_endpoint(
    id: str,
    *,
    url: str | None = None,
    events: Sequence[str] | None = None,
    description: str | None = None,
    email: str | None = None,
    language: Literal["en", "zh", "es"] | None = None,
    enabled: bool | None = None,
    idempotency_key: str = "",
) -> Call[Endpoint]:
    """What is left out stays."""
    body = {"url": url, "events": events, "description": description, "email": email, "language": language}
    return _keyed(_of(_ENDPOINTS, id), Endpoint, body | {"enabled": enabled}, idempotency_key, number=id)


def delete_endpoint(id: str, *, idempotency_key: str = "") -> Call[Deleted]:
    """Nothing more is sent to it."""
    return _keyed(_of(_ENDPOINTS, id, "/delete"), Deleted, {}, idempotency_key, number=id)


def rotate_secret(id: str, *, overlap_hours: int = 24, idempotency_key: str = "") -> Call[Endpoint]:
    """A new `secret`, which is shown once; again, within an hour, to the same request with the same key. For so many
    hours the one before signs, too. Raises Conflict if the key was used for it longer ago."""
    body = {"overlap_hours": overlap_hours}
    return _keyed(_of(_ENDPOINTS, id, "/rotate"), Endpoint, body, idempotency_key, number=id)


def send_test(id: str, *, idempotency_key: str = "") -> Call[Queued]:
    """Sends a test event."""
    return _keyed(_of(_ENDPOINTS, id, "/test"), Queued, {}, idempotency_key, number=id)


def list_deliveries(
    id: str,
    *,
    status: Literal["waiting", "delivered", "failed", "superseded"] | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Call[Deliveries]:
    """What was sent to an endpoint, newest first."""
    return get(_of(_ENDPOINTS, id, "/deliveries"), Deliveries, status=status, limit=limit, cursor=cursor)


def replay(
    id: str, *, since: datetime, until: datetime, undelivered_only: bool = True, idempotency_key: str = ""
) -> Call[QueuedRange]:
    """Sends again what happened in a time. Times need a zone."""
    body = {"since": since, "until": until, "undelivered_only": undelivered_only}
    return _keyed(_of(_ENDPOINTS, id, "/replay"), QueuedRange, body, idempotency_key, number=id)


def list_events(*, after: str | None = None, limit: int | None = None, wait: int | None = None) -> Call[Events]:
    """What webhooks say, after this place; with `wait`, as soon as there is something, or after so many seconds (30 at
    most). Without a place it gives the one where the next event will be (`next`)."""
    return get("/v1/webhook-events", Events, after=after, limit=limit, wait=wait)
