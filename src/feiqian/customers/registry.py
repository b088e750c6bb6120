"""The bank's customers: a number (below 10**9, in order of joining), a public id and a name. No money, no payments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, String, Table, func, insert, select

from feiqian.db import BIG, METADATA, BankDb
from feiqian.errors import FeiqianError
from feiqian.ids import CUSTOMER, new_id

MAX_NUMBER = 10**9 - 1  # a payment code has nine digits for it
NAME_LENGTH = 100

_customers = Table(
    "customers",
    METADATA,
    Column("number", BIG, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("created_at", BIG, nullable=False),
)


class NoNumbersLeft(FeiqianError):
    """The bank has as many customers as payment codes can tell apart."""


class Customer(NamedTuple):
    """`created_at` in Unix microseconds."""

    number: int
    id: str
    name: str
    created_at: int


class Customers:
    """Adds and finds customers. All but `known` and `count` read the database."""

    def __init__(self, db: BankDb) -> None:
        self._db = db
        self._newest = 0
        self.refresh()

    def refresh(self) -> None:
        """Takes up customers that another process has added."""
        with self._db.read() as connection:
            self._newest = connection.execute(select(func.coalesce(func.max(_customers.c.number), 0))).scalar_one()

    def known(self, number: int) -> bool:
        """Whether there is a customer of this number; from memory."""
        return 0 < number <= self._newest

    @property
    def count(self) -> int:
        """How many customers there are; from memory. Their numbers are 1 to this."""
        return self._newest

    def add(self, names: Sequence[str], now_us: int) -> range:
        """New customers of these names. Returns their numbers. Raises NoNumbersLeft."""
        with self._db.write() as connection:
            first = connection.execute(select(func.coalesce(func.max(_customers.c.number), 0))).scalar_one() + 1
            numbers = range(first, first + len(names))
            if numbers and numbers[-1] > MAX_NUMBER:
                raise NoNumbersLeft(f"customer numbers end at {MAX_NUMBER}")
            rows = [(n, new_id(CUSTOMER, now_us), name, now_us) for n, name in zip(numbers, names, strict=True)]
            if rows:
                columns = ("number", "id", "name", "created_at")
                connection.execute(insert(_customers), [dict(zip(columns, row, strict=True)) for row in rows])
        self._newest = max(self._newest, first + len(names) - 1)
        return numbers

    def by_number(self, number: int) -> Customer | None:
        return self._one(_customers.c.number == number)

    def by_id(self, id: str) -> Customer | None:
        return self._one(_customers.c.id == id)

    def first(self, limit: int) -> list[Customer]:
        """The customers with the lowest numbers."""
        with self._db.read() as connection:
            rows: Any = connection.execute(select(_customers).order_by(_customers.c.number).limit(limit))
            return [Customer(*row) for row in rows]

    def names(self, numbers: Collection[int]) -> dict[int, str]:
        """The names of some customers (a page of them, not all) by number."""
        columns = select(_customers.c.number, _customers.c.name)
        with self._db.read() as connection:
            rows = connection.execute(columns.where(_customers.c.number.in_(numbers)))
            return {row.number: row.name for row in rows}

    def _one(self, condition: Any) -> Customer | None:
        with self._db.read() as connection:
            row: Any = connection.execute(select(_customers).where(condition)).one_or_none()
        return None if row is None else Customer(*row)
