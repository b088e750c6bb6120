"""What is read from the read model: plain, frozen values, and the SQL columns that they are made of."""

from __future__ import annotations

from dataclasses import dataclass

from feiqian.events import LimitMet, PaymentDecided, PaymentStatus, RefundDecided, decode_fact, decode_limit
from feiqian.ids import CustomerNumber, MerchantNumber
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.projections.database import Values


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment as it is now. Amounts in minor units, times in Unix microseconds, `day` the bank's, as yyyymmdd.

    `status` moves forward from `fact.status`. A payment that succeeded keeps that status when refunded: `refunded`
    says how much went back. `closed_at` is when a waiting payment was confirmed, declined or cancelled, or expired;
    else 0. What a waiting payment became later (its fee, its reason, the `limit` that declined it) is here, and not in
    `fact`; facts of older versions do not say which limit it was.
    """

    id: str
    transfer: bytes
    status: PaymentStatus
    reason: str | None
    merchant: MerchantNumber
    customer: CustomerNumber
    amount: MinorUnits
    currency: CurrencyNumber
    fee: MinorUnits
    refunded: MinorUnits
    merchant_order: str
    description: str
    store: str
    terminal: str
    created_at: int
    expires_at: int
    closed_at: int
    day: int
    position: int
    fact: PaymentDecided
    limit: LimitMet | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a statement. `amount` is signed: positive is credited; `balance` is what it came to with this line.

    `kind` is the transfer's (a feature's `kinds.py` declares it), `payment` the public id of the payment that it
    belongs to, and `fact` that payment as it was decided.
    """

    sequence: int
    amount: MinorUnits
    balance: MinorUnits
    kind: int
    transfer: bytes
    payment: str | None
    at: int
    position: int
    fact: PaymentDecided | None


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """A correction of a customer's wallet by the bank. `amount` in minor units, above zero in the customer's favour."""

    transfer: bytes
    amount: MinorUnits
    currency: CurrencyNumber
    at: int
    position: int


def payment_row(values: Values) -> PaymentRow:
    """From the columns that `queries` asks a payment by."""
    blob, status, refused, met, fee, refunded, closed_at, day, position = values
    fact = payment_fact(blob)
    return PaymentRow(
        fact.id,
        fact.transfer,
        PaymentStatus(status),
        refused or fact.reason,
        fact.merchant,
        fact.customer,
        fact.amount,
        fact.currency,
        fee,
        refunded,
        fact.merchant_order,
        fact.description,
        fact.store,
        fact.terminal,
        fact.created_at,
        fact.expires_at,
        closed_at,
        day,
        position,
        fact,
        fact.limit if met is None else decode_limit(met),
    )


def payment_fact(blob: bytes) -> PaymentDecided:
    fact = decode_fact(blob)
    assert isinstance(fact, PaymentDecided)
    return fact


def refund_fact(blob: bytes) -> RefundDecided:
    fact = decode_fact(blob)
    assert isinstance(fact, RefundDecided)
    return fact
