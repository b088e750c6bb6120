"""A money lock as others see it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from feiqian.ids import CustomerNumber
from feiqian.money import CurrencyNumber, MinorUnits


class LockState(StrEnum):
    """What may be done with a lock."""

    LOCKING = "locking"  # decided, and the ledger not told yet
    LOCKED = "locked"
    OPENING = "opening"  # its owner has asked for it, and may still keep it
    RELEASING = "releasing"  # the wait is over, and the ledger not told yet
    OPEN = "open"


class MoneyLock(NamedTuple):
    """So many minor units of one account. `account` is the public id of a deposit account, or empty: the wallet in this
    currency. Times in Unix microseconds, 0: not so."""

    id: str
    customer: CustomerNumber
    account: str
    currency: CurrencyNumber
    amount: MinorUnits
    state: LockState
    ledger_id: bytes  # of the account
    locked_at: int
    opens_at: int  # of one that is being opened
    opened_at: int


class Reserved(NamedTuple):
    """What of an account's balance nothing can spend, in minor units: what its owner has locked, and what is held for
    something that is under way (a transfer that waits, an order that is authorised)."""

    locked: MinorUnits = MinorUnits(0)
    held: MinorUnits = MinorUnits(0)


class Place(NamedTuple):
    """Where money can be locked: an account as its holder sees it, in minor units. `last_four` digits of its number, or
    empty: the wallet."""

    account: str
    currency: CurrencyNumber
    balance: MinorUnits
    reserved: Reserved
    last_four: str = ""

    @property
    def free(self) -> MinorUnits:
        """What can be spent, or locked besides."""
        return MinorUnits(max(0, self.balance - sum(self.reserved)))
