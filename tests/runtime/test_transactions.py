"""One transaction per use case: what is committed, what is taken back, and in whose name it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from feiqian.db import BankDb
from feiqian.errors import FeiqianError
from feiqian.runtime import network
from feiqian.runtime.transactions import Refused, Transactions, reads, writes
from feiqian.runtime.work import Work


class Notes:
    """A service with a table of its own."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    @writes
    def add(self, connection: Connection, note: str) -> str:
        """Adds one."""
        connection.execute(text("INSERT INTO notes VALUES (:note)"), {"note": note})
        return network.client.get()

    @reads
    def all(self, connection: Connection) -> list[str]:
        return list(connection.execute(text("SELECT note FROM notes ORDER BY note")).scalars())

    @writes
    def add_two(self, connection: Connection, first: str, *, then: str) -> None:
        self.add.within(connection, first)
        self.add.within(connection, then)
        if then == first:
            raise FeiqianError("twice the same")

    def add_and_refuse(self, connection: Connection, note: str) -> str | Refused:
        self.add.within(connection, note)
        return Refused(FeiqianError("counted"))


@pytest.fixture
def notes(tmp_path: Path) -> Iterator[Notes]:
    db, work = BankDb(tmp_path), Work()
    with db.write() as connection:
        connection.execute(text("CREATE TABLE notes (note TEXT)"))
    yield Notes(Transactions(db, work))
    work.close()
    db.close()


def test_use_cases_within_one_another_are_one_transaction(notes: Notes) -> None:
    asyncio.run(notes.add_two("a", then="b"))
    with pytest.raises(FeiqianError, match="twice"):
        asyncio.run(notes.add_two("c", then="c"))
    assert asyncio.run(notes.all()) == ["a", "b"]


def test_what_is_written_before_a_refusal_that_is_returned_stays(notes: Notes) -> None:
    with pytest.raises(FeiqianError, match="counted"):
        asyncio.run(notes.transactions.write(notes.add_and_refuse, "a"))
    assert asyncio.run(notes.all()) == ["a"]


def test_a_rule_knows_whose_request_it_answers(notes: Notes) -> None:
    async def asked() -> str:
        network.client.set("192.0.2.7")
        return await notes.add("a")

    assert asyncio.run(asked()) == "192.0.2.7"


def test_a_use_case_is_described_by_its_rule() -> None:
    assert vars(Notes)["add"].__doc__ == "Adds one."
