"""Which customers a seed invented. Only those are played by the demo's shoppers; everybody else is a person."""

from __future__ import annotations

from sqlalchemy import insert, select

from feiqian.customers.tables import seeded
from feiqian.db import BankDb


def mark_seeded(db: BankDb, numbers: range) -> None:
    """Keeps that customers of these numbers, in a row from the first, are invented. Once for each database."""
    with db.write() as connection:
        connection.execute(insert(seeded).values(first=numbers.start, last=numbers.stop - 1))


def seeded_numbers(db: BankDb) -> range:
    """The numbers of invented customers; none where no seed has marked any: no seed, or one of an older version."""
    with db.read() as connection:
        row = connection.execute(select(seeded.c.first, seeded.c.last)).first()
    return range(0) if row is None else range(row.first, row.last + 1)
