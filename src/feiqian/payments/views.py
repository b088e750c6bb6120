"""Payments and refunds as merchants see them. Made from a fact (the first answer) or from the read model (as now).

Nothing of the customer is in them: a merchant learns that it was paid, not by whom.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from feiqian.events import PaymentDecided, RefundDecided
from feiqian.money import BY_NUMBER
from feiqian.payments.reasons import sentence

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PaymentView(msgspec.Struct, frozen=True):
    """A payment. Amounts in minor units. `id` is None for a declined request that was not kept (see `service`)."""

    id: str | None
    status: str  # succeeded, declined, needs_verification, cancelled, expired
    reason: str | None  # a name of `policy.Decline`
    message: str | None  # its sentence
    amount: int
    currency: str
    fee: int
    net: int  # what the merchant gets, before refunds
    refunded: int
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
    status: str  # succeeded, declined
    reason: str | None
    message: str | None
    amount: int
    currency: str
    merchant_refund: str
    created_at: datetime


class Page(msgspec.Struct, frozen=True):
    """Some of a merchant's payments, newest first; `next` is the cursor of the page after it, None at the end."""

    data: list[PaymentView]
    next: str | None


class BalanceView(msgspec.Struct, frozen=True):
    """What a merchant has received and not been paid out yet, after fees and refunds, in minor units."""

    currency: str
    balance: int
    available: int


class PaymentRow(Protocol):
    """A payment in the read model: a `PaymentDecided`, its status as it is now, and what was refunded of it."""

    @property
    def id(self) -> str: ...
    @property
    def transfer(self) -> bytes: ...
    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def merchant(self) -> int: ...
    @property
    def customer(self) -> int: ...
    @property
    def amount(self) -> int: ...
    @property
    def currency(self) -> int: ...
    @property
    def fee(self) -> int: ...
    @property
    def refunded(self) -> int: ...
    @property
    def merchant_order(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def store(self) -> str: ...
    @property
    def terminal(self) -> str: ...
    @property
    def created_at(self) -> int: ...
    @property
    def expires_at(self) -> int: ...


def moment(microseconds: int) -> datetime:
    """Unix microseconds as a date and time in UTC, exactly."""
    return _EPOCH + timedelta(microseconds=microseconds)


def first_answer(fact: PaymentDecided) -> PaymentView:
    """What the merchant was told at first, and is told again whenever it retries."""
    return _view(fact, fact.id, fact.status, 0)


def not_kept(fact: PaymentDecided) -> PaymentView:
    """A request declined before it named a payer: there is no payment to ask for later."""
    return _view(fact, None, fact.status, 0)


def as_it_is(row: PaymentRow, status: str = "") -> PaymentView:
    """A payment of the read model, as it is now; or in a newer `status` that the read model may not have yet."""
    return _view(row, row.id, status or row.status, row.refunded)


def first_fact(row: PaymentRow) -> PaymentDecided:
    """The fact that a row of the read model began as. Only a payment that waited can have changed its status since."""
    return PaymentDecided(
        id=row.id,
        transfer=row.transfer,
        status="needs_verification" if row.expires_at else ("declined" if row.status == "declined" else "succeeded"),
        reason=row.reason,
        merchant=row.merchant,
        customer=row.customer,
        amount=row.amount,
        currency=row.currency,
        fee=0 if row.expires_at else row.fee,
        merchant_order=row.merchant_order,
        description=row.description,
        store=row.store,
        terminal=row.terminal,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def _view(it: PaymentDecided | PaymentRow, id: str | None, status: str, refunded: int) -> PaymentView:
    return PaymentView(
        id,
        status,
        it.reason,
        sentence(it.reason) if it.reason else None,
        it.amount,
        BY_NUMBER[it.currency].code,
        it.fee,
        it.amount - it.fee if status == "succeeded" else 0,
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
