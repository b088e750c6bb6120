"""The ledger events that open a merchant's account. Pure."""

from __future__ import annotations

from feiqian.ledger import chart
from feiqian.merchants.kinds import MerchantAccountKind


def merchant(number: int, currency: int) -> bytes:
    """A merchant's account of what it has received and not yet been paid out."""
    kind = MerchantAccountKind.PAYABLE
    return chart.account(chart.account_id(kind, currency, number), kind, currency)
