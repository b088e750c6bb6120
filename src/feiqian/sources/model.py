"""What a customer chose, and the order in which the ledger's accounts are asked for it."""

from __future__ import annotations

from typing import NamedTuple

from feiqian.deposits.model import WALLET


class Order(NamedTuple):
    """Accounts of the ledger in the order in which they are asked; without `falls_through` only the first is."""

    accounts: tuple[bytes, ...]
    falls_through: bool


class Choice(NamedTuple):
    """What was chosen: ids of deposit accounts, and WALLET."""

    accounts: tuple[str, ...]
    falls_through: bool


NOTHING_CHOSEN = Choice((WALLET,), False)
