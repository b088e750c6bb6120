"""The numbers by which the ledger knows what is the transfers' own. On disk: given once, never used again."""

from __future__ import annotations

from enum import IntEnum

from feiqian.ledger.chart import BANK, account_id
from feiqian.money import CurrencyNumber


class WaitingAccountKind(IntEnum):
    """What an account is: of the bank, one in each currency. Nothing is ever moved on to it: what waits for a payee's
    registration is held against it."""

    WAITING_MONEY = 9


class PersonTransferKind(IntEnum):
    """Why money moves, or is held."""

    PERSON_TRANSFER = 30  # from one customer to another
    PERSON_TRANSFER_HELD = 31  # in cooling-off
    PERSON_TRANSFER_WAITING = 32  # for its payee's registration
    PERSON_TRANSFER_CANCELLED = 33  # by its sender
    PERSON_TRANSFER_RETURNED = 34  # because it could not be brought, or nobody has registered


def waiting_id(currency: CurrencyNumber) -> bytes:
    """The account against which money waits."""
    return account_id(WaitingAccountKind.WAITING_MONEY, currency, BANK)
