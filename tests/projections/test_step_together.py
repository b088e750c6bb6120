"""Read models that stand at the same position share the rows of a step and its transaction, and no failure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from counting import COUNTING, POISON, CountingProjection

from feiqian.events import RefundDecided
from feiqian.ledger import chart
from feiqian.ledger.chart import derived_id
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.projections import aside, process, projector
from feiqian.projections import taken as taking
from feiqian.projections.database import Database, open_database
from feiqian.projections.errors import ReadModelMismatch
from feiqian.projections.projector import Projector, rebuild
from feiqian.projections.read_model import ReadModel
from feiqian.projections.schema import read_position

BOTH = [PAYMENTS, COUNTING]


@pytest.fixture
def db(location: str) -> Iterator[Database]:
    db = open_database(location)
    yield db
    db.close()


def positions(db: Database) -> list[int]:
    """As they are in the database."""
    return [read_position(db, model.name) for model in BOTH]


def made(db: Database, *models: ReadModel) -> dict[str, list[str]]:
    """All that is in their tables."""
    names = [name for model in models or BOTH for name in model.tables.tables]
    return {name: sorted(map(plain, db.all(f"SELECT * FROM {name}"))) for name in names}


def plain(row: tuple[object, ...]) -> str:
    return repr([bytes(value) if isinstance(value, memoryview) else value for value in row])


def alone(books, tmp_path: Path, *models: ReadModel) -> dict[str, list[str]]:
    """The same, of each in a database of its own."""
    found: dict[str, list[str]] = {}
    for model in models or BOTH:
        rebuild(books.journal, tmp_path / f"{model.name}.db", [model])
        with closing(open_database(tmp_path / f"{model.name}.db")) as db:
            found |= made(db, model)
    return found


def poison(books) -> int:
    """A row that one of them cannot take. Its position."""
    sides = {"debit": chart.account_id(5, 156, 0), "credit": chart.account_id(1, 156, 1)}
    books.post(chart.transfer(derived_id(b"poison"), **sides, amount=1, kind=POISON))
    return books.write()


def test_their_rows_are_read_once_and_become_what_each_alone_makes_of_them(books, db, tmp_path, monkeypatch) -> None:
    read, taken = [], projector.taken
    monkeypatch.setattr(projector, "taken", lambda *asked: read.append(asked) or taken(*asked))
    books.history(80)
    projectors = [Projector(books.journal, db, model) for model in BOTH]
    while process._step(projectors, 7)[1]:
        pass
    assert len(read) == books.position // 7 + 1
    assert positions(db) == [books.position] * 2
    assert made(db) == alone(books, tmp_path)


def test_a_row_that_one_cannot_take_holds_up_neither(books, db, tmp_path) -> None:
    books.history(20)
    at = poison(books)
    books.pay(1, 1, 100)
    projectors = [Projector(books.journal, db, model) for model in BOTH]
    process._step(projectors, 1_000)
    assert positions(db) == [one.position for one in projectors] == [books.position] * 2
    assert [(one.model, one.position) for one in aside.read(db)] == [("counting", at)]
    assert made(db, PAYMENTS) == alone(books, tmp_path, PAYMENTS)


def test_what_fails_in_the_database_of_one_leaves_both_where_they_were(books, db) -> None:
    books.pay(1, 1, 100)
    projectors = [Projector(books.journal, db, model) for model in BOTH]
    db.change("ALTER TABLE transfers_by_kind RENAME TO elsewhere")
    for _ in range(2):
        with pytest.raises(Exception, match="transfers_by_kind"):
            process._step(projectors, 1_000)
        assert positions(db) == [one.position for one in projectors] == [0, 0]
    db.change("ALTER TABLE elsewhere RENAME TO transfers_by_kind")
    process._step(projectors, 1_000)
    assert positions(db) == [books.position] * 2
    assert aside.read(db) == []


def test_where_another_has_moved_one_of_them_on_neither_is_written(books, db, location) -> None:
    books.pay(1, 1, 100)
    projectors = [Projector(books.journal, db, model) for model in BOTH]
    other = open_database(location)
    Projector(books.journal, other, COUNTING).step()
    other.close()
    with pytest.raises(ReadModelMismatch, match="another projector"):
        process._step(projectors, 1_000)
    assert positions(db) == [0, books.position]
    projectors = [Projector(books.journal, db, model) for model in BOTH]
    books.pay(1, 1, 100)
    process._step(projectors, 1_000)
    assert positions(db) == [books.position] * 2


def test_rows_that_are_large_are_taken_in_more_steps(books, db, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(taking, "MOST_BYTES", 1)
    for _ in range(3):
        books.pay(1, 1, 100)
    projectors = [Projector(books.journal, db, model) for model in BOTH]
    for at in range(1, books.position + 1):
        process._step(projectors, 1_000)
        assert positions(db) == [at, at]
    assert made(db) == alone(books, tmp_path)


class Noting(CountingProjection):
    """Counts nothing, and notes which rows it is given."""

    kinds = (RefundDecided,)

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.given: list[int] = []

    def add(self, position: int, records: bytes, facts: list[bytes]) -> None:
        self.given.append(position)


def test_a_read_model_is_given_the_rows_that_have_a_fact_of_its_kinds_wherever_in_the_row(books, db) -> None:
    paid, rows = books.pay(1, 1, 1_000), []
    books.together(lambda: books.pay(2, 1, 100), lambda: books.refund(paid, 100), lambda: books.pay(2, 1, 100))
    rows.append(books.position)
    books.pay(1, 1, 100)
    books.refund(paid, 100)
    rows.append(books.position)
    books.pay(1, 1, 100)
    projector = Projector(books.journal, db, replace(COUNTING, projection=Noting))
    assert projector.step() == books.position
    assert projector._projection.given == rows
