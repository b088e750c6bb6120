"""A projector that is killed anywhere, and started again, leaves the tables of one that was never disturbed."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
from killing import kill_midway

from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.payments.read_model import queries
from feiqian.projections.database import Database, open_database
from feiqian.projections.projector import Projector, rebuild
from feiqian.projections.reconcile import reconcile
from feiqian.projections.schema import check_read_models, read_position

KILLS = 12

Tables = Callable[..., dict[str, list[tuple[object, ...]]]]


def test_kills_in_the_middle_of_steps_change_nothing(books, location, tables: Tables, tmp_path) -> None:
    books.history(1500, seed=3)
    chance, kills = random.Random(5), 0
    while not kill_midway(tmp_path / "journal.db", location, chance):
        kills += 1
        assert check_read_models(books.journal, location, [PAYMENTS]) > 0  # whole at each moment, and of this journal
    assert kills >= KILLS
    undisturbed = str(tmp_path / "undisturbed.db")
    rebuild(books.journal, undisturbed, [PAYMENTS])
    assert tables(location) == tables(undisturbed)
    assert reconcile(books.engine, location, [PAYMENTS]) == []


class Breaking:
    """A database that fails at the n-th call from now within transactions; at none before `left` is set."""

    def __init__(self, db: Database) -> None:
        self._db, self.left = db, 0

    def __getattr__(self, name: str) -> Any:
        wanted = getattr(self._db, name)
        if name not in ("change", "change_many", "insert"):
            return wanted

        def call(*arguments: Any, **named: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                raise OSError("the disk is gone")
            return wanted(*arguments, **named)

        return call

    @contextmanager
    def transaction(self) -> Any:
        with self._db.transaction():
            yield


def test_a_failure_at_any_statement_leaves_nothing_of_its_step(books, location, tables: Tables, tmp_path) -> None:
    books.history(60, seed=4)
    undisturbed = str(tmp_path / "undisturbed.db")
    rebuild(books.journal, undisturbed, [PAYMENTS])
    db, at, failures = open_database(location), 0, 0
    breaking = Breaking(db)
    projector = Projector(books.journal, breaking, PAYMENTS)  # type: ignore[arg-type]
    while projector.position < books.position:
        at += 1
        before = projector.position
        breaking.left = at
        try:
            projector.step(10)
            at = 0
        except OSError:
            failures += 1
            assert projector.position == before == read_position(db, PAYMENTS.name)
    assert failures > 30
    assert tables(db) == tables(undisturbed)
    db.close()


def test_a_read_model_that_lost_its_last_steps_catches_up(books, tables: Tables, tmp_path) -> None:
    """What a power cut may do with synchronous=NORMAL: the file is whole, and older."""
    books.history(100, seed=6)
    read, older = tmp_path / "read.db", tmp_path / "older.db"
    db = open_database(read)
    projector = Projector(books.journal, db, PAYMENTS)
    projector.step(20)
    db.one("VACUUM INTO :path", path=str(older))
    projector.step(1000)
    again = open_database(older)
    assert Projector(books.journal, again, PAYMENTS).step(1000) == books.position
    assert tables(again) == tables(db)
    again.close()
    db.close()


@pytest.mark.parametrize("location", ["sqlite"], indirect=True)
def test_a_killed_projectors_read_model_can_be_read_at_once(books, location, tmp_path) -> None:
    books.history(200, seed=8)
    kill_midway(tmp_path / "journal.db", location, random.Random(1))
    db = open_database(location, read_only=True)
    assert read_position(db, PAYMENTS.name) > 0
    assert queries.newest(db, 1)
    db.close()
