"""Statements that were given out, as anybody finds them by their code: what the paper says of itself, names masked.

A code is derived from the statement's id with a key of the bank's, so that it cannot be guessed, and the same statement
has one however often it is asked for. Works without a session, so tries are bounded for each network.
"""

from __future__ import annotations

import time
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, select

from feiqian.activity.codes import LETTERS, blind_of, read_code
from feiqian.activity.errors import TooManyTries
from feiqian.customers.registry import Customers
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, CurrencyNumber, MinorUnits, Money
from feiqian.runtime import network
from feiqian.runtime.locks import lock
from feiqian.runtime.shares import Throttle
from feiqian.runtime.transactions import Transactions, reads, writes
from feiqian.statements.errors import StatementNotFound
from feiqian.statements.tables import given
from feiqian.strings.masking import masked_name

MOST_OF_ONE = 1000  # of one customer; the oldest make room
TRIES_AT_ONCE, TRIES_PER_MINUTE = 30, 10  # of one network
_SECONDS_OF_MINUTE = 60
_c = given.c


class Given(NamedTuple):
    """What a statement says, as its public check shows it. `last_four` is "" of a wallet; sums may be below zero."""

    customer: CustomerNumber
    account: str  # its id, or "wallet"
    last_four: str
    currency: CurrencyNumber
    first: date
    last: date
    provisional: bool
    opening: MinorUnits
    closing: MinorUnits
    entries: int
    made_at: int

    def signed(self, minor: int) -> tuple[str, Money]:
        """A sum with its sign before."""
        return "−" if minor < 0 else "", Money(MinorUnits(abs(minor)), BY_NUMBER[self.currency])


@dataclass(kw_only=True, eq=False, repr=False)
class GivenOut:
    """`now` in seconds, from whatever beginning."""

    transactions: Transactions
    cipher: FieldCipher
    customers: Customers
    now: Callable[[], float] = time.monotonic  # not money: a time
    tries: Throttle[str] = field(init=False)

    def __post_init__(self) -> None:
        self.tries = Throttle(TRIES_PER_MINUTE / _SECONDS_OF_MINUTE, TRIES_AT_ONCE, self.now)

    def code(self, statement: str) -> str:
        """Of the statement of this id: 24 letters and digits."""
        return b32encode(self.cipher.blind_index(statement, "statements/code")[: LETTERS * 5 // 8]).decode()

    async def look(self, typed: str) -> tuple[Given, str]:
        """What the bank has said in the statement of this code, and its holder's masked name.

        Raises StatementNotFound, TooManyTries.
        """
        if not self.tries.allow(network.client.get()):
            raise TooManyTries("too many statements were looked for from here")
        code = read_code(typed)
        found = None if code is None else await self._find(code)
        if found is None:
            raise StatementNotFound("no statement has this code")
        return found

    @writes
    def keep(self, connection: Connection, code: str, it: Given) -> None:
        """Keeps it, once."""
        blind = blind_of(self.cipher, code)
        lock(connection, f"statement {blind.hex()}")
        if connection.execute(select(_c.made_at).where(_c.code_blind == blind)).first() is None:
            days = {"first": it.first.isoformat(), "last": it.last.isoformat(), "provisional": int(it.provisional)}
            connection.execute(given.insert().values(it._asdict() | days | {"code_blind": blind}))
            self._make_room(connection, it.customer)

    @reads
    def _find(self, connection: Connection, code: str) -> tuple[Given, str] | None:
        columns = [_c[name] for name in Given._fields]
        row: Any = connection.execute(
            select(*columns).where(_c.code_blind == blind_of(self.cipher, code))
        ).one_or_none()
        if row is None:
            return None
        days = date.fromisoformat(row.first), date.fromisoformat(row.last)
        it = Given(*row)._replace(first=days[0], last=days[1], provisional=bool(row.provisional))
        holder = self.customers.by_number(connection, it.customer)
        return it, masked_name("" if holder is None else holder.name)

    def _make_room(self, connection: Connection, customer: CustomerNumber) -> None:
        theirs = _c.customer == customer
        over: int = connection.execute(select(func.count()).where(theirs)).scalar_one() - MOST_OF_ONE
        if over > 0:
            oldest = select(_c.code_blind).where(theirs).order_by(_c.made_at, _c.code_blind).limit(over)
            connection.execute(delete(given).where(_c.code_blind.in_(oldest)))
