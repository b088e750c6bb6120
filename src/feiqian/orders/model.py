"""An order as everybody is shown it: its merchant who asks, webhooks, the signed return. One struct, one version each.

The collector looks at none of these structs (`gc=False`): they make no cycles, and a hundred thousand may be held.
It is kept whole in the journal with each change (`events.OrderChanged`), so what is shown anywhere under a version is
the same. Amounts are in minor units. Nothing of the customer is in it but what the merchant has sent.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from feiqian.events import OrderChanged, PaymentStatus
from feiqian.money import MinorUnits

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class OrderStatus(StrEnum):
    """What has become of an order. The values are on the wire and on disk."""

    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"
    EXPIRED = "expired"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    VOIDED = "voided"
    LAPSED = "lapsed"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class Capture(StrEnum):
    """When the money is taken."""

    NOW = "now"
    LATER = "later"


class Method(StrEnum):
    """How an order may be paid."""

    CODE = "code"  # that the customer shows at a till
    QUICK = "quick"  # mobile number, last six digits and a code by SMS
    WALLET = "wallet"  # by who is signed in


class Event(StrEnum):
    """What has happened to an order. The type of a webhook is `order.` and this; of ATTEMPT_BEGUN there is none."""

    CREATED = "created"
    ATTEMPT_BEGUN = "attempt_begun"  # and waits for the customer
    ATTEMPT_FAILED = "attempt_failed"
    PAID = "paid"
    CLOSED = "closed"
    EXPIRED = "expired"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    VOIDED = "voided"
    LAPSED = "lapsed"
    REFUNDED = "refunded"


class LineItem(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that is bought. Amount in minor units, of all of `quantity` together."""

    name: str
    quantity: int
    amount: MinorUnits


class Hints(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What the merchant knows of its customer. Never a number of an account or a card."""

    reference: str = ""
    language: str = ""


class Attempt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A payment that was tried; `reason` as of payments, if it was declined."""

    payment: str
    method: str
    status: PaymentStatus
    reason: str | None
    created_at: Moment


class Taken(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Money that was taken for an order, once, or with each capture; `payment` is what refunds of it name."""

    payment: str
    amount: MinorUnits
    fee: MinorUnits
    refunded: MinorUnits
    created_at: Moment


class Order(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order. Amounts in minor units; `authorised` is held still, `paid` was taken, and `net` is what the merchant
    has got of that, before refunds."""

    id: str
    version: int
    status: OrderStatus
    merchant_order: str
    amount: MinorUnits
    currency: str
    description: str
    capture: Capture
    methods: tuple[Method, ...]
    authorised: MinorUnits
    paid: MinorUnits
    fee: MinorUnits
    net: MinorUnits
    refunded: MinorUnits
    refunds: int
    payment: str | None  # the attempt that has paid it, or that was authorised
    taken: tuple[Taken, ...]
    processing: bool  # an attempt waits for its customer
    attempts: tuple[Attempt, ...]
    line_items: tuple[LineItem, ...]
    metadata: dict[str, str]
    customer: Hints
    return_url: str
    created_at: Moment
    expires_at: Moment
    updated_at: Moment
    capture_before: Moment | None  # of what is authorised
    ended_at: Moment | None  # when it was paid, authorised, closed or expired


ENDED = frozenset(OrderStatus) - {OrderStatus.OPEN, OrderStatus.AUTHORISED}
encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Order).decode


def order_object(fact: OrderChanged) -> Order:
    """The order as it was after this change."""
    return _decode(fact.object)
