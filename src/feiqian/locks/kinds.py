"""The numbers by which the ledger knows what is the locks' own. They are on disk: given once, never used again."""

from __future__ import annotations

from enum import IntEnum


class LockAccountKind(IntEnum):
    """What an account is."""

    MONEY_LOCKS = 8  # the bank's, one in each currency: the other side of what is locked; nothing is ever moved there


class LockTransferKind(IntEnum):
    """Why money is reserved, or not any more."""

    LOCK = 12
    UNLOCK = 13
