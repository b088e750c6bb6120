"""Payments and refunds as merchants see them. Made from a fact (the first answer) or from the read model (as now).

Nothing of the customer is in them: a merchant learns that it was paid, not by whom.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from feiqian.clock import moment
from feiqian.events import PaymentDecided, PaymentStatus, RefundDecided, RefundStatus
from feiqian.money import BY_NUMBER, NOTHING, MinorUnits
from feiqian.payments.intent import Order
from feiqian.payments.policy import Decline
from feiqian.payments.read_model.rows import PaymentRow
from feiqian.payments.reasons import sentence

SUCCEEDED = PaymentStatus.SUCCEEDED  # an enumeration is slow to ask on the hot path


# With what the description of /v1 shows of an answer.
PaymentId = Annotated[str, msgspec.Meta(examples=["pay_01a21ac8d8a073fb8e8d69f236941c11"])]
RefundId = Annotated[str, msgspec.Meta(examples=["ref_01a21ac9b3c07a44a1d0f6b7c2e85d10"])]
Amount = Annotated[MinorUnits, msgspec.Meta(examples=[1250])]
Nothing = Annotated[MinorUnits, msgspec.Meta(examples=[0])]
Code = Annotated[str, msgspec.Meta(examples=["CNY"])]
Reference = Annotated[str, msgspec.Meta(examples=["A-1001"])]
Text = Annotated[str, msgspec.Meta(examples=[""])]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class PaymentView(msgspec.Struct, frozen=True, gc=False):
    """A payment. Amounts in minor units. `id` is None for a declined request that was not kept (see `service`)."""

    id: PaymentId | None
    status: Annotated[PaymentStatus, msgspec.Meta(examples=["succeeded"])]
    reason: str | None  # a name of `policy.Decline`
    message: str | None  # its sentence
    amount: Amount
    currency: Code
    fee: Annotated[MinorUnits, msgspec.Meta(examples=[7])]
    net: Annotated[MinorUnits, msgspec.Meta(examples=[1243])]  # what the merchant gets, before refunds
    refunded: Nothing
    merchant_order: Reference
    description: Text
    store: Text
    terminal: Text
    created_at: Moment
    expires_at: Moment | None  # of a payment that waits (or waited) for its customer


class RefundView(msgspec.Struct, frozen=True):
    """A refund. Amount in minor units."""

    id: RefundId
    payment: PaymentId
    status: Annotated[RefundStatus, msgspec.Meta(examples=["succeeded"])]
    reason: str | None
    message: str | None
    amount: Amount
    currency: Code
    merchant_refund: Reference
    created_at: Moment


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some of a merchant's payments, newest first; `next` is the cursor of the page after it, None at the end.

    `incomplete`: something of this merchant could not be listed, and is being repaired.
    """

    data: list[PaymentView]
    next: str | None
    incomplete: bool = False


class BalanceView(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a merchant has received and not been paid out yet, after fees and refunds, in minor units.

    `incomplete`: the balance is right, and the lists that explain it lack something that is being repaired.
    """

    currency: Code
    balance: Amount
    available: Amount
    incomplete: bool = False


def first_answer(fact: PaymentDecided) -> PaymentView:
    """What the merchant was told at first, and is told again whenever it retries."""
    return _view(fact, fact.status, NOTHING)


def not_kept(request: Order, decline: Decline, now_us: int) -> PaymentView:
    """A request declined before it named a payer: there is no payment to ask for later."""
    return PaymentView(
        id=None,
        status=PaymentStatus.DECLINED,
        reason=decline,
        message=sentence(decline),
        amount=request.amount,
        currency=request.currency,
        fee=NOTHING,
        net=NOTHING,
        refunded=NOTHING,
        merchant_order=request.merchant_order,
        description=request.description,
        store=request.store,
        terminal=request.terminal,
        created_at=moment(now_us),
        expires_at=None,
    )


def as_it_is(row: PaymentRow, status: PaymentStatus | None = None) -> PaymentView:
    """A payment of the read model, as it is now; or in a newer `status` that the read model may not have yet."""
    return _view(row, status or row.status, row.refunded)


def _view(it: PaymentDecided | PaymentRow, status: PaymentStatus, refunded: MinorUnits) -> PaymentView:
    return PaymentView(
        it.id,
        status,
        it.reason,
        sentence(it.reason) if it.reason else None,
        it.amount,
        BY_NUMBER[it.currency].code,
        it.fee,
        MinorUnits(it.amount - it.fee) if status is SUCCEEDED else NOTHING,
        refunded,
        it.merchant_order,
        it.description,
        it.store,
        it.terminal,
        moment(it.created_at),
        moment(it.expires_at) if it.expires_at else None,
    )


def refund_view(fact: RefundDecided) -> RefundView:
    """A refund as it was decided; it never changes afterwards."""
    return RefundView(
        id=fact.id,
        payment=fact.payment,
        status=fact.status,
        reason=fact.reason,
        message=sentence(fact.reason) if fact.reason else None,
        amount=fact.amount,
        currency=BY_NUMBER[fact.currency].code,
        merchant_refund=fact.merchant_refund,
        created_at=moment(fact.created_at),
    )
