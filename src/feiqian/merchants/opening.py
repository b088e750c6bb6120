"""The ledger events that open a merchant's account. Pure."""

from __future__ import annotations

from feiqian.ids import MerchantNumber
from feiqian.ledger import chart
from feiqian.merchants.kinds import MerchantAccountKind, payable_id
from feiqian.money import CurrencyNumber


def merchant(number: MerchantNumber, currency: CurrencyNumber) -> bytes:
    """A merchant's account of what it has received and not yet been paid out."""
    return chart.account(payable_id(currency, number), MerchantAccountKind.PAYABLE, currency)
