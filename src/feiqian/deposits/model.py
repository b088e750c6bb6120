"""A deposit account as others see it. The whole number is not in it: `Deposits.number` opens it for its holder."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from feiqian.accounts.kinds import deposit_id
from feiqian.deposits.numbers import masked
from feiqian.ids import CustomerNumber
from feiqian.money import NOTHING, CurrencyNumber, MinorUnits

WALLET = "wallet"  # where an account's id may stand


class AccountState(StrEnum):
    """What may be done with an account."""

    OPENING = "opening"  # decided, and the ledger not told yet
    OPEN = "open"
    FROZEN = "frozen"  # by staff: nothing leaves it
    DORMANT = "dormant"  # not used for long: nothing leaves it until staff release it
    CLOSED = "closed"


STOPPED = frozenset({AccountState.FROZEN, AccountState.DORMANT})


class WantedAccount(NamedTuple):
    """An account to open. `reference`: under which it is opened once; a number and an alias if it has them already;
    `balance` that its holder brings in, in minor units."""

    customer: CustomerNumber
    currency: CurrencyNumber
    product: str
    reference: str = ""
    number: str = ""
    alias: str = ""
    balance: MinorUnits = NOTHING


class DepositAccount(NamedTuple):
    """An account of one customer. `last_four` digits of its number are all that lists show. Times in Unix
    microseconds, 0: not yet."""

    id: str
    customer: CustomerNumber
    currency: CurrencyNumber
    place: int  # from 1 on, of the customer's in this currency
    product: str
    state: AccountState
    alias: str  # "": none
    last_four: str
    opened_at: int
    closed_at: int

    @property
    def masked(self) -> str:
        """Its number, as it is shown wherever the whole one is not needed."""
        return masked(self.last_four)

    @property
    def ledger_id(self) -> bytes:
        """The account of the ledger that has its money."""
        return deposit_id(self.currency, self.customer, self.place)
