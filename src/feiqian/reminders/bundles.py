"""Movements of an account that are told together: how many, how much came in and went out, and the balance at the end.

It grows by sums, so that a thousand movements a second take one row. Nothing here decides when one begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from feiqian.events import BalanceChanged
from feiqian.money import NOTHING, MinorUnits
from feiqian.outbox.model import Origin
from feiqian.reminders.model import Why
from feiqian.reminders.tables import bundles

_c = bundles.c


class Bundle(NamedTuple):
    """As its row."""

    account: bytes
    why: Why
    movements: int
    credited: MinorUnits
    debited: MinorUnits
    balance: MinorUnits  # after the last
    first_at: int
    last_at: int
    position: int  # of the last, in the journal
    number: int
    due_at: int

    def plus(self, fact: BalanceChanged, origin: Origin) -> Bundle:
        """With one more movement. One that was set aside and comes late does not say what the balance is."""
        amount = fact.amount
        grown = self._replace(
            movements=self.movements + 1,
            credited=MinorUnits(self.credited + amount) if fact.credited else self.credited,
            debited=self.debited if fact.credited else MinorUnits(self.debited + amount),
            first_at=min(self.first_at, fact.at),
        )
        if origin < (self.position, self.number):
            return grown
        position, number = origin
        return grown._replace(balance=fact.balance, last_at=fact.at, position=position, number=number)


def begun(fact: BalanceChanged, origin: Origin, why: Why, due_at: int) -> Bundle:
    """One with this movement."""
    empty = Bundle(fact.account, why, 0, NOTHING, NOTHING, NOTHING, fact.at, fact.at, 0, 0, due_at)
    return empty.plus(fact, origin)


def load(connection: Connection, accounts: Iterable[bytes]) -> dict[bytes, Bundle]:
    """Those of these accounts."""
    rows = connection.execute(select(bundles).where(_c.account.in_(accounts)))
    return {bytes(row.account): _bundle(row) for row in rows}


def due(connection: Connection, now: int, most: int) -> list[Bundle]:
    """Those that are to be told now, the longest due first."""
    found = select(bundles).where(_c.due_at <= now).order_by(_c.due_at, _c.account).limit(most)
    return [_bundle(row) for row in connection.execute(found)]


def save(connection: Connection, before: Mapping[bytes, Bundle], after: Mapping[bytes, Bundle]) -> None:
    """Writes what differs."""
    changed = [account for account in before.keys() | after.keys() if before.get(account) != after.get(account)]
    if changed:
        connection.execute(delete(bundles).where(_c.account.in_(changed)))
    if rows := [after[account]._asdict() for account in changed if account in after]:
        connection.execute(insert(bundles), rows)


def _bundle(row: Any) -> Bundle:
    values = dict(row._mapping)
    return Bundle(**(values | {"account": bytes(row.account)}))
