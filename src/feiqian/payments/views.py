"""Payments and refunds as merchants see them. Made from a fact (the first answer) or from the read model (as now).

Nothing of the customer is in them: a merchant learns that it was paid, not by whom.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from feiqian.clock import moment
from feiqian.events import PaymentDecided, PaymentStatus, RefundDecided, RefundStatus
from feiqian.money import BY_NUMBER, NOTHING, MinorUnits
from feiqian.payments.intent import Order
from feiqian.payments.policy import Decline
from feiqian.payments.read_model.rows import PaymentRow
from feiqian.payments.reasons import sentence

SUCCEEDED = PaymentStatus.SUCCEEDED  # an enumeration is slow to ask on the hot path


class PaymentView(msgspec.Struct, frozen=True):
    """A payment. Amounts in minor units. `id` is None for a declined request that was not kept (see `service`)."""

    id: str | None
    status: PaymentStatus
    reason: str | None  # a name of `policy.Decline`
    message: str | None  # its sentence
    amount: MinorUnits
    currency: str
    fee: MinorUnits
    net: MinorUnits  # what the merchant gets, before refunds
    refunded: MinorUnits
    merchant_order: str
    description: str
    store: str
    terminal: str
    created_at: datetime
    expires_at: datetime | None  # of a payment that waits (or waited) for its customer


class RefundView(msgspec.Struct, frozen=True):
    """A refund. Amount in minor units."""

    id: str
    payment: str
    status: RefundStatus
    reason: str | None
    message: str | None
    amount: MinorUnits
    currency: str
    merchant_refund: str
    created_at: datetime


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

    currency: str
    balance: MinorUnits
    available: MinorUnits
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
