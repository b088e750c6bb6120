"""What the bank answers. Amounts are whole minor units (1250 is 12.50), times have their zone.

States are texts, so that one which a later version of the bank adds is no error: compare with those named here.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """Fields that this version does not know are passed over."""


class LineItem(Answered, frozen=True, kw_only=True):
    """Something that is bought. `amount`: of all of them together."""

    name: str
    amount: int
    quantity: int = 1


class Customer(Answered, frozen=True, kw_only=True, omit_defaults=True):
    """What you know of your customer: your own reference, and a language (en, zh, es)."""

    reference: str = ""
    language: str = ""


class Attempt(Answered, frozen=True, kw_only=True):
    """A payment that was tried; `reason` says why it was declined."""

    payment: str
    method: str
    status: str
    reason: str | None
    created_at: datetime


class Taken(Answered, frozen=True, kw_only=True):
    """Money that was taken for an order: once, or with each capture."""

    payment: str
    amount: int
    fee: int
    refunded: int
    created_at: datetime


class Order(Answered, frozen=True, kw_only=True):
    """An order as it was after its change number `version`. `status`: open, paid, closed, expired, authorised,
    captured, voided, lapsed, partially_refunded, refunded."""

    id: str
    version: int
    status: str
    merchant_order: str
    amount: int
    currency: str
    description: str
    capture: str
    methods: tuple[str, ...]
    authorised: int
    paid: int
    fee: int
    net: int
    refunded: int
    refunds: int
    payment: str | None
    taken: tuple[Taken, ...]
    processing: bool
    attempts: tuple[Attempt, ...]
    line_items: tuple[LineItem, ...]
    metadata: dict[str, str]
    customer: Customer
    return_url: str
    created_at: datetime
    expires_at: datetime
    updated_at: datetime
    capture_before: datetime | None
    ended_at: datetime | None


class Payment(Answered, frozen=True, kw_only=True):
    """A payment. `status`: succeeded, authorised (of an order that is captured later), declined (with `reason`, and
    `message` to read out), needs_verification, cancelled, expired. `id`: None for a declined one that is not kept."""

    id: str | None
    status: str
    reason: str | None
    message: str | None
    amount: int
    currency: str
    fee: int
    net: int
    refunded: int
    merchant_order: str
    description: str
    store: str
    terminal: str
    created_at: datetime
    expires_at: datetime | None


class Refund(Answered, frozen=True, kw_only=True):
    """A refund. `status`: succeeded, or declined with `reason` and `message`. It never changes."""

    id: str
    payment: str
    status: str
    reason: str | None
    message: str | None
    amount: int
    currency: str
    merchant_refund: str
    created_at: datetime


class ReturnSecret(Answered, frozen=True, kw_only=True):
    """With what the way back from the bank's page is signed."""

    secret: str


class Balance(Answered, frozen=True, kw_only=True):
    """What you have received and not been paid out yet."""

    currency: str
    balance: int
    available: int
    incomplete: bool = False


class Endpoint(Answered, frozen=True, kw_only=True):
    """Where webhooks are sent. `secret` is there where it is new, and is shown that once."""

    id: str
    url: str
    events: tuple[str, ...]
    description: str
    email: str
    language: str
    enabled: bool
    disabled_because: str | None
    checks_signatures: bool | None
    failing_since: datetime | None
    failure: str
    last_delivered_at: datetime | None
    old_secret_until: datetime | None
    created_at: datetime
    secret: str = ""


class Delivery(Answered, frozen=True, kw_only=True):
    """What became of an event at an endpoint. `status`: waiting, delivered, failed, superseded."""

    id: str
    endpoint: str
    event: str
    type: str
    object: str
    status: str
    attempts: int
    superseded: int
    failure: str
    created_at: datetime
    next_attempt_at: datetime | None
    ended_at: datetime | None


class Orders(Answered, frozen=True, kw_only=True):
    """Some orders, newest first. `next`: the cursor of the page after it, None at the end. `incomplete`: some may be
    missing, until the bank has repaired that."""

    data: tuple[Order, ...]
    next: str | None
    incomplete: bool = False


class Payments(Answered, frozen=True, kw_only=True):
    """Some payments, newest first; as `Orders`."""

    data: tuple[Payment, ...]
    next: str | None
    incomplete: bool = False


class Refunds(Answered, frozen=True, kw_only=True):
    """All refunds of an order or a payment, oldest first."""

    data: tuple[Refund, ...]
    incomplete: bool = False


class Endpoints(Answered, frozen=True, kw_only=True):
    """All of yours, and the names that `events` may have."""

    data: tuple[Endpoint, ...]
    event_names: tuple[str, ...]


class Deliveries(Answered, frozen=True, kw_only=True):
    """Some deliveries, newest first; `next` as of `Orders`."""

    data: tuple[Delivery, ...]
    next: str | None


class Queued(Answered, frozen=True, kw_only=True):
    """The id of the new delivery."""

    delivery: str


class QueuedRange(Answered, frozen=True, kw_only=True):
    """How many are sent again; `since` is where the next request goes on, None if that was all."""

    queued: int
    since: datetime | None


class Event(Answered, frozen=True, kw_only=True):
    """What a webhook says: `id` is its webhook-id, `body` its body, as it is signed."""

    id: str
    type: str
    timestamp: datetime
    body: str


class Events(Answered, frozen=True, kw_only=True):
    """Some, the oldest first; `next` is where to go on. `missed`: some may be missing before these."""

    data: tuple[Event, ...]
    next: str
    missed: bool


class Deleted(Answered, frozen=True, kw_only=True):
    """It is no more."""

    id: str
    deleted: bool


class Outcome(StrEnum):
    """What is known of an order's money."""

    PAID = "paid"  # taken; it may have been given back since: see `refunded`
    AUTHORISED = "authorised"  # held for you: capture it, or give it up
    PENDING = "pending"  # it can be paid still
    NOT_PAID = "not_paid"  # and cannot be any more
    DIFFERS = "differs"  # of another amount or currency than you expect: deliver nothing, and have somebody look at it
    UNKNOWN = "unknown"  # the bank could not be asked: ask again


class Settlement(Answered, frozen=True, kw_only=True):
    """What to act on. `order` is None if it is unknown, and `why` says what is in the way."""

    outcome: Outcome
    order: Order | None = None
    why: str = ""


def outcome_of(order: Order, *, amount: int | None = None, currency: str | None = None) -> Outcome:
    """What an order says of its money; UNKNOWN for a state that this version does not know. `amount` and `currency` are
    those of the sale: an order that is of others DIFFERS, whatever has become of it."""
    if order.amount != (order.amount if amount is None else amount) or order.currency != (currency or order.currency):
        return Outcome.DIFFERS
    if order.paid:
        return Outcome.PAID
    return _OUTCOMES.get(order.status, Outcome.UNKNOWN)


_OUTCOMES: dict[str, Outcome] = {
    "open": Outcome.PENDING,
    "authorised": Outcome.AUTHORISED,
    **dict.fromkeys(("closed", "expired", "voided", "lapsed"), Outcome.NOT_PAID),
}


def as_sent(items: Any) -> Any:
    """Structs as they are sent; None stays so."""
    return None if items is None else msgspec.to_builtins(items)
