"""Several read models: each is built, told of and thrown away by itself, beside those that serve."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from threading import Barrier
from typing import NamedTuple

import pytest
from counting import COUNTING, POISON, CountingProjection
from killing import kill_midway
from sqlalchemy import MetaData, Table

from feiqian.ledger import chart
from feiqian.ledger.chart import derived_id
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.projections import aside, process, schema
from feiqian.projections.columns import numbers
from feiqian.projections.database import Database, open_database
from feiqian.projections.errors import ReadModelMismatch, ReadsBehind
from feiqian.projections.projector import Projector, catch_up, rebuild
from feiqian.projections.reads import Reads
from feiqian.projections.reconcile import reconcile_at, set_aside_in
from feiqian.projections.schema import read_position

BOTH = [PAYMENTS, COUNTING]


@pytest.fixture
def served(books, location: str) -> str:
    """A bank with a history, whose payments are projected; a mark in their tables shows that they were not rebuilt."""
    books.history(120)
    rebuild(books.journal, location, [PAYMENTS])
    with_db(location, lambda db: db.change("UPDATE customer_days SET count = count + 1000"))
    return location


def with_db(location: str, act: Callable[[Database], object]) -> object:
    db = open_database(location)
    try:
        return act(db)
    finally:
        db.close()


def marked(location: str) -> bool:
    [(least,)] = with_db(location, lambda db: db.all("SELECT min(count) FROM customer_days"))  # type: ignore[misc]
    return bool(least >= 1000)


def counts(location: str) -> object:
    return with_db(location, lambda db: sorted(db.all("SELECT * FROM transfers_by_kind")))


def positions(location: str) -> list[object]:
    return [with_db(location, lambda db, name=model.name: read_position(db, name)) for model in BOTH]


def test_one_that_is_added_is_built_from_the_journal_and_the_others_are_not(books, served, tmp_path) -> None:
    assert catch_up(books.journal, served, BOTH) == books.position
    assert marked(served)
    rebuild(books.journal, tmp_path / "fresh.db", [COUNTING])
    assert counts(served) == counts(str(tmp_path / "fresh.db"))


class Source(NamedTuple):
    """The journal, as far as who makes a read model asks it."""

    identity: str

    def hash_at(self, position: int) -> bytes:
        return bytes(32)


class CountingReads(Reads):
    model, pool_name = COUNTING.name, "counting"


def test_of_several_who_make_a_read_model_at_once_each_finds_it(location: str) -> None:
    together = Barrier(4)

    def make(_: int) -> int:
        together.wait()
        with closing(open_database(location)) as db:
            return schema.prepare(db, Source("journal"), PAYMENTS).position

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(make, range(4))) == [0] * 4
    with closing(open_database(location)) as db:
        assert db.one("SELECT count(*) FROM progress") == (1,)


def test_while_one_is_built_the_others_go_on_and_serve(books, served) -> None:
    db = open_database(served)
    projectors = [Projector(books.journal, db, model) for model in BOTH]

    async def asking() -> list[object]:
        payments, counted = PaymentReads(served), CountingReads(served, at_least=books.position)
        told: list[object] = []
        while projectors[1].position < books.position:
            paid = books.pay(1, 1, 100)
            process._step(projectors, 7)
            row = await payments.payment_by_id(paid.id)  # at once, though the other is far behind
            assert row is not None
            try:
                told.append(await counted.set_aside())
            except ReadsBehind:
                told.append(ReadsBehind)
        payments.close()
        counted.close()
        return told

    told = asyncio.run(asking())
    first = told.index(0)
    assert first > 3
    assert (set(told[:first]), set(told[first:])) == ({ReadsBehind}, {0})
    assert marked(served)
    db.close()


def test_steps_of_one_that_is_built_beside_others_are_short(books, served, monkeypatch) -> None:
    monkeypatch.setattr(process, "ROWS_BESIDE_OTHERS", 2)
    db = open_database(served)
    projectors = [Projector(books.journal, db, model) for model in BOTH]
    for _ in range(4):
        books.pay(1, 1, 100)
    assert process._step(projectors, 1000) == (True, True)
    assert [projector.position for projector in projectors] == [books.position, 2]
    while process._step(projectors, 1000)[1]:
        pass
    assert {projector.position for projector in projectors} == {books.position}
    assert process._step(projectors, 1000) == (False, False)
    db.close()


def test_another_version_is_built_again_alone_and_leaves_nothing_of_the_older(books, served) -> None:
    catch_up(books.journal, served, BOTH)
    later = MetaData()
    Table("transfers_by_kind_and_day", later, *numbers("kind", "day", key=True))

    class Nothing(CountingProjection):
        def write(self) -> None:
            pass

    changed = replace(COUNTING, version=2, tables=later, projection=Nothing)
    assert schema.check_read_models(books.journal, served, [PAYMENTS, changed]) == 0
    assert catch_up(books.journal, served, [PAYMENTS, changed]) == books.position
    assert schema.check_read_models(books.journal, served, [PAYMENTS, changed]) == books.position
    assert marked(served)
    there = with_db(served, lambda db: db.tables())
    assert there == {*schema.TABLES, *PAYMENTS.tables.tables, *later.tables}
    with pytest.raises(ReadModelMismatch, match="counting has version 2 and this program writes version 1"):
        schema.check_read_models(books.journal, served, BOTH)


def test_one_whose_tables_are_missing_is_built_again_alone(books, served) -> None:
    catch_up(books.journal, served, BOTH)
    before = counts(served)
    with_db(served, lambda db: db.change("DROP TABLE transfers_by_kind"))
    catch_up(books.journal, served, BOTH)
    assert counts(served) == before
    assert marked(served)


def test_where_the_projectors_own_tables_are_missing_nothing_is_believed(books, served) -> None:
    catch_up(books.journal, served, BOTH)
    with_db(served, lambda db: db.change("DROP TABLE set_aside"))
    assert catch_up(books.journal, served, BOTH) == books.position
    assert not marked(served)


def test_kills_while_one_is_built_change_nothing(books, served, tables, tmp_path) -> None:
    books.history(600, seed=2)
    catch_up(books.journal, served, [PAYMENTS])
    chance, kills, before = random.Random(5), 0, tables(served)
    while not kill_midway(tmp_path / "journal.db", served, chance, "counting"):
        kills += 1
    assert kills > 3
    assert positions(served) == [books.position, books.position]
    after = tables(served)
    assert [row for row in after.pop("progress") if row[0] == PAYMENTS.name] == before.pop("progress")
    assert after == before
    rebuild(books.journal, tmp_path / "fresh.db", [COUNTING])
    assert counts(served) == counts(str(tmp_path / "fresh.db"))


def test_what_one_cannot_take_is_set_aside_for_it_alone(books, served) -> None:
    sides = {"debit": chart.account_id(5, 156, 0), "credit": chart.account_id(1, 156, 1)}
    books.post(chart.transfer(derived_id(b"poison"), **sides, amount=1, kind=POISON))
    position = books.write()
    catch_up(books.journal, served, BOTH)
    assert [(one.model, one.position) for one in set_aside_in(served)] == [("counting", position)]
    assert positions(served) == [position, position]
    assert with_db(served, lambda db: aside.is_incomplete(db, "counting", "counts")) is True
    assert with_db(served, lambda db: aside.is_incomplete(db, "payments", "counts")) is False

    taken = replace(COUNTING, version=2, projection=Taking)
    catch_up(books.journal, served, [PAYMENTS, taken])
    assert set_aside_in(served) == []
    assert marked(served)


class Taking(CountingProjection):
    """A later version, which counts that kind, too."""

    def add(self, position: int, records: bytes, facts: list[bytes]) -> None:
        super().add(position, records.replace(POISON.to_bytes(2, "little"), (1).to_bytes(2, "little")), facts)


def test_an_audit_asks_each(books, location: str) -> None:
    books.history(30)
    rebuild(books.journal, location, BOTH)
    compare = reconcile_at(location, BOTH)
    assert compare(books.engine, books.position) == []
    with_db(location, lambda db: db.change("UPDATE transfers_by_kind SET count = count + 10000"))
    with_db(location, lambda db: db.change("UPDATE merchant_days SET count = count + 1"))
    told = compare(books.engine, books.position)
    assert any("transfers: how many there are" in finding for finding in told)
    assert any("less the day's total" in finding for finding in told)
    books.pay(1, 1, 100)
    catch_up(books.journal, location, [PAYMENTS])
    [behind] = compare(books.engine, books.position)
    assert behind.startswith("the read model of counting is at position")
