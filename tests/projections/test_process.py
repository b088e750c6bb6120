"""The projector as a process: it follows the journal, and ends when told, when orphaned, or at damage."""

from __future__ import annotations

import os
from threading import Event, Thread

import pytest

from feiqian.errors import JournalDamaged
from feiqian.ledger.journal_sqlite import SqliteJournal
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.projections.database import open_database
from feiqian.projections.process import run_projector
from feiqian.projections.schema import read_position


class Told:
    """An event that is set after the projector has paused so many times without anything to do."""

    def __init__(self, pauses: int) -> None:
        self.left = pauses

    def is_set(self) -> bool:
        return self.left <= 0

    def wait(self, _seconds: object) -> None:
        self.left -= 1


def test_it_projects_what_is_there_and_ends_when_told(books, location) -> None:
    books.history(50)
    run_projector(books.journal, location, [PAYMENTS], Told(3), rows_per_step=7)  # type: ignore[arg-type]
    db = open_database(location, read_only=True)
    assert read_position(db, PAYMENTS.name) == books.position
    db.close()


def test_it_follows_the_journal(books, location, tmp_path) -> None:
    stop, reader = Event(), SqliteJournal(tmp_path / "journal.db")
    follower = Thread(target=run_projector, args=(reader, location, [PAYMENTS], stop))
    follower.start()
    books.history(30)
    reached = Event()
    while not reached.wait(0.005):
        db = open_database(location)
        if "progress" in db.tables() and read_position(db, PAYMENTS.name) == books.position:
            reached.set()
        db.close()
    stop.set()
    follower.join()
    reader.close()


def test_an_orphan_ends(books, location) -> None:
    run_projector(books.journal, location, [PAYMENTS], Event(), parent=os.getppid() + 1)


def test_a_damaged_journal_stops_it_and_says_where(books, location) -> None:
    """Abuse 64, for the projections: an edited row is not projected."""
    books.pay(1, 1, 100)
    books.pay(1, 1, 100)
    books.journal._connection.execute("UPDATE journal SET body = zeroblob(12) WHERE position = 3")
    with pytest.raises(JournalDamaged, match="position 3"):
        run_projector(books.journal, location, [PAYMENTS], Event(), rows_per_step=1)
    db = open_database(location)
    assert read_position(db, PAYMENTS.name) == 2
    db.close()
