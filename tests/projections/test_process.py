"""The projector as a process: it follows the journal, and ends when told, when orphaned, or at damage."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Event, Thread

import pytest

from feiqian.errors import JournalDamaged
from feiqian.ledger.journal_sqlite import SqliteJournal
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.projections.database import open_database
from feiqian.projections.process import IDLE_LOOKS, IDLE_PAUSE_SECONDS, run_projector
from feiqian.projections.schema import read_position
from feiqian.runtime.waking import QUIET_SECONDS, Bell


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


class Sleeper(Bell):
    """A bell whose owner never waits: `rests` says what happens in each rest, and after the last it has to stop."""

    def __init__(self, *rests: Callable[[], bool]) -> None:
        super().__init__()
        self.rests, self.looks = list(rests), []
        self.looked = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.looked += 1
        return False

    def rest(self, seconds: float) -> bool:
        self.looks.append(self.looked + 1)  # the look that found nothing, too
        self.looked = 0
        if len(self.rests) == 1:
            self.set()
        return self.rests.pop(0)()


def test_an_idle_projector_looks_no_more_until_it_is_woken(books, location) -> None:
    books.history(5)

    def nothing() -> bool:
        return False

    def paid() -> bool:
        books.pay(1, 1, 100)
        return True

    sleeper = Sleeper(nothing, nothing, paid, nothing)
    run_projector(books.journal, location, [PAYMENTS], sleeper)
    db = open_database(location, read_only=True)
    assert read_position(db, PAYMENTS.name) == books.position
    db.close()
    began, *silent, woken = sleeper.looks
    assert began == IDLE_LOOKS + 1  # the first found rows
    assert silent == [1, 1]  # one look for each rest in which nobody rang
    assert woken == IDLE_LOOKS + 1


def test_it_looks_by_itself_for_longer_than_who_wakes_it_keeps_quiet() -> None:
    """So a ring that is left out tells of nothing that a look does not find."""
    assert (IDLE_LOOKS - 2) * IDLE_PAUSE_SECONDS > 2 * QUIET_SECONDS
