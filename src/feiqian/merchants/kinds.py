"""The numbers by which the ledger knows what is the merchants' own. They are on disk: given once, never used again."""

from __future__ import annotations

from enum import IntEnum


class MerchantAccountKind(IntEnum):
    """What an account is. Merchants' balances are what the bank owes."""

    PAYABLE = 2  # received for a merchant, awaiting settlement
