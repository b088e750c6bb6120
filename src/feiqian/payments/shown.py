"""Payments and corrections as lists show them to people. Knows no pages, and decides nothing."""

from __future__ import annotations

from typing import NamedTuple

from feiqian.accounts.opening import shown_reference
from feiqian.money import BY_NUMBER, MinorUnits, Money
from feiqian.payments.read_model.rows import CorrectionRow, PaymentRow


class Item(NamedTuple):
    """One payment. `at` and `expires_at` are Unix microseconds; `reason` is a name or empty.

    In a customer's own list, a correction by the bank, too: `sign` says which way, and `order` is its reference.
    """

    id: str
    order: str
    status: str
    reason: str
    amount: Money
    refunded: Money
    customer: str
    merchant: str
    at: int
    sign: str = ""
    description: str = ""
    expires_at: int = 0

    @property
    def left(self) -> Money:
        """What can still be given back."""
        return self.amount.minus(self.refunded)


def shown_payment(row: PaymentRow, merchant: str, customer: str = "") -> Item:
    """A payment between those of these names; whoever sees it may do without the customer's."""
    currency = BY_NUMBER[row.currency]
    return Item(
        id=row.id,
        order=row.merchant_order,
        status=row.status,
        reason=row.reason or "",
        amount=Money(row.amount, currency),
        refunded=Money(row.refunded, currency),
        customer=customer,
        merchant=merchant,
        at=row.created_at,
        description=row.description,
        expires_at=row.expires_at,
    )


def shown_correction(row: CorrectionRow) -> Item:
    """A correction of the customer's wallet, whose sign stands beside its amount."""
    amount, nothing = (Money(MinorUnits(minor), BY_NUMBER[row.currency]) for minor in (abs(row.amount), 0))
    reference, sign = shown_reference(row.transfer), "+" if row.amount > 0 else "−"
    return Item(row.transfer.hex(), reference, "correction", "", amount, nothing, "", "", row.at, sign)
