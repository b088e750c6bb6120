"""The old way to open wallets, with limits that were in code; callers move to `feiqian.accounts.opening`."""

from __future__ import annotations

from feiqian.accounts import opening
from feiqian.accounts.opening import bank_accounts, merchant, opening_balance
from feiqian.payments.policy import POLICIES, UNVERIFIED_PER_DAY

__all__ = ["bank_accounts", "merchant", "opening_balance", "wallet"]


def wallet(
    customer: int, currency: int, *, day_amount: int | None = None, unverified_per_day: int = UNVERIFIED_PER_DAY
) -> bytes:
    """A customer's wallet and its allowances; the policy's limits unless others are given. KeyError: no policy."""
    cap = POLICIES[currency].day_amount if day_amount is None else day_amount
    return opening.wallet(customer, currency, day_amount=cap, unverified_per_day=unverified_per_day)
