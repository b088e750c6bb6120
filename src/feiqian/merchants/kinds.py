"""The numbers and ids by which the ledger knows what is the merchants' own. On disk: given once, never used again."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from functools import partial

from feiqian.ids import MerchantNumber
from feiqian.ledger.chart import account_id
from feiqian.money import CurrencyNumber


class MerchantAccountKind(IntEnum):
    """What an account is. Merchants' balances are what the bank owes."""

    PAYABLE = 2  # received for a merchant, awaiting settlement


class MerchantClaimKind(IntEnum):
    """What may happen once."""

    IDEMPOTENCY_KEY = 210  # a request that was sent with it


payable_id: Callable[[CurrencyNumber, MerchantNumber], bytes] = partial(account_id, int(MerchantAccountKind.PAYABLE))
