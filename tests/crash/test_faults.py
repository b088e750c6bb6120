"""Write errors at every write of a short workload: the ledger stops at once, and a restart tells the truth by id."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from feiqian.errors import LedgerStopped
from feiqian.ledger.engine import Refusal
from feiqian.ledger.journal import Journal
from feiqian.ledger.ledger import Ledger
from feiqian.ledger.recovery import open_journal, open_ledger
from feiqian.testing.clock import ManualClock
from feiqian.testing.crash import OPENING, PAYEE, REFUSED_EVERY, opening, payment
from feiqian.testing.postgres import Postgres

WRITES = 12  # of the workload: the opening, then payments
Append = Callable[[int, bytes, int], bytes]


def work(ledger: Ledger) -> dict[int, Refusal]:
    """Opens the books and takes payments one by one, until the ledger stops or all are answered. Gives the answers."""
    answers: dict[int, Refusal] = {}

    async def run() -> None:
        for number in range(WRITES):
            posting = ledger.post(opening() if number == 0 else payment(number))
            ledger.record(b"a fact" * 1200)  # each row takes about a page
            await ledger.durable(posting.position)
            answers[number] = posting.refusal

    try:
        asyncio.run(run())
    except LedgerStopped:
        assert ledger.stopped is not None
        with pytest.raises(LedgerStopped):
            ledger.post(payment(99))
    return answers


def tell_the_truth(journal: Journal, answers: dict[int, Refusal]) -> None:
    """After the restart each answer is what it was, the one whose outcome was unknown is settled, and work goes on."""
    ledger = open_ledger(journal, None, ManualClock())
    rows = journal.head().position
    assert len(answers) <= rows <= len(answers) + 1, "lost, or invented"
    for number, answer in answers.items():
        again = ledger.post(opening() if number == 0 else payment(number))
        assert again.refusal == (Refusal.INSUFFICIENT_FUNDS if answer != Refusal.OK else Refusal.EXISTS)
    settled = work(ledger)
    assert len(settled) == WRITES
    assert [n for n, answer in settled.items() if answer == Refusal.INSUFFICIENT_FUNDS] == [
        n for n in range(1, WRITES) if n % REFUSED_EVERY == 0
    ]
    paid = sum(100 + n % 50 - 1 for n in range(1, WRITES) if n % REFUSED_EVERY)  # less the fee
    assert ledger.engine.account(PAYEE).balance == paid
    assert ledger.engine.account(OPENING) is not None
    ledger.engine.check()
    ledger.close()


def fail_at(journal: Journal, nth: int, error: BaseException, *, written: bool) -> None:
    """The n-th append fails, before it is written or after it (its acknowledgement is lost)."""
    real, calls = journal.append, 0

    def append(position: int, body: bytes, written_at: int) -> bytes:
        nonlocal calls
        calls += 1
        if calls != nth:
            assert calls < nth, "a write was tried after a failed one"
            return real(position, body, written_at)
        if written:
            real(position, body, written_at)
        raise error

    journal.append = append  # type: ignore[method-assign]


@pytest.mark.parametrize("wait_seconds", [60.0, 0.0], ids=["waited for", "overlapping"])
@pytest.mark.parametrize("written", [False, True], ids=["nothing written", "written, unacknowledged"])
@pytest.mark.parametrize("nth", range(1, WRITES + 1))
def test_a_write_error_at_the_nth_write(tmp_path: Path, nth: int, written: bool, wait_seconds: float) -> None:
    journal = open_journal(tmp_path, create=True)
    fail_at(journal, nth, sqlite3.OperationalError("disk I/O error"), written=written)
    answers = work(open_ledger(journal, None, ManualClock(), wait_seconds=wait_seconds))
    assert len(answers) == nth - 1
    journal.close()
    journal = open_journal(tmp_path)
    assert journal.head().position == nth - 1 + written
    tell_the_truth(journal, answers)
    journal.close()


def test_a_full_disk_at_every_page_of_a_short_workload(tmp_path: Path) -> None:
    """SQLite's own `database or disk is full`, at each size from the empty journal's to the whole one's."""
    stopped = 0
    for pages in range(3, 17):
        folder = tmp_path / str(pages)
        journal = open_journal(folder, create=True)
        journal._connection.execute(f"PRAGMA max_page_count = {pages}")
        ledger = open_ledger(journal, None, ManualClock())
        answers = work(ledger)
        if len(answers) < WRITES:
            stopped += 1
            assert "full" in str(ledger.stopped)
        journal.close()
        journal = open_journal(folder)
        assert journal.head().position == len(answers)  # a full disk has written nothing of the row
        tell_the_truth(journal, answers)
        journal.close()
    assert stopped >= WRITES - 1


def test_a_full_disk_in_mid_batch_keeps_whole_rows_only(tmp_path: Path) -> None:
    journal = open_journal(tmp_path, create=True)
    ledger = open_ledger(journal, None, ManualClock())
    ledger.post_many(opening())
    ledger.commit()
    journal._connection.execute("PRAGMA max_page_count = 40")
    durable = 1
    batches = (b"".join(payment(1000 * batch + n) for n in range(1, 101)) for batch in range(100))
    with contextlib.suppress(LedgerStopped):
        for batch in batches:
            ledger.post_many(batch)
            durable = ledger.commit()
    assert "full" in str(ledger.stopped)
    assert 1 < durable < 100
    journal.close()
    journal = open_journal(tmp_path)
    again = open_ledger(journal, None, ManualClock())
    assert again.position == durable
    again.engine.check()
    journal.close()


@pytest.mark.parametrize("nth", range(1, WRITES + 1))
def test_a_lost_connection_at_the_nth_write(postgres: Postgres, tmp_path: Path, nth: int) -> None:
    """The server ends the connection; the ledger does not connect again and go on as if nothing had been."""
    url = postgres.database()
    journal = open_journal(tmp_path, url, create=True)
    real: Append = journal.append

    def append(position: int, body: bytes, written_at: int) -> bytes:
        if position == nth:
            with psycopg.connect(url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", (journal._connection.info.backend_pid,))
        return real(position, body, written_at)

    journal.append = append
    answers = work(open_ledger(journal, None, ManualClock()))
    assert len(answers) == nth - 1
    journal = open_journal(tmp_path, url)
    tell_the_truth(journal, answers)
    journal.close()
