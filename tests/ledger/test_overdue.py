"""A journal that stands still: who waits is told, nothing is decided meanwhile, what it answers in the end counts."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from feiqian.errors import CommitOverdue, FencedOff, LedgerStopped, NotDeciding
from feiqian.ledger import ledger as module
from feiqian.ledger.engine import Refusal
from feiqian.ledger.ledger import Ledger
from feiqian.testing.stalled import stalled

COMMIT_SECONDS = 0.05


@pytest.fixture
def ledger(sqlite: Any, bank: Any) -> Ledger:
    ledger: Ledger = sqlite.ledger(commit_seconds=COMMIT_SECONDS)
    ledger.post_many(bank.opening())
    ledger.commit()
    return ledger


@contextmanager
def standing_still(store: Any, statement: str = "SELECT 1") -> Iterator[None]:
    """Another connection holds the journal's write lock; at the end it commits this statement."""
    with closing(sqlite3.connect(store.folder / "journal.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute(statement)
            connection.execute("COMMIT")


async def until(condition: Any) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0)


def test_abuse_79_who_waits_for_a_journal_that_stands_still_is_told_and_nothing_more_is_decided(
    sqlite: Any, bank: Any, ledger: Ledger
) -> None:
    async def scene() -> None:
        with standing_still(sqlite):
            first = ledger.post(bank.payment(1))
            waiting = [asyncio.create_task(ledger.durable(first.position)) for _ in range(3)]
            await asyncio.sleep(0)  # the first is on its way
            second = ledger.post(bank.payment(2))
            ledger.record(b"of the second")
            waiting.append(asyncio.create_task(ledger.durable(second.position)))
            for outcome in await asyncio.gather(*waiting, return_exceptions=True):
                assert isinstance(outcome, CommitOverdue)
                assert "outcome unknown" in str(outcome)
            assert (ledger.overdue, ledger.stopped, ledger.overdue_times) == (True, None, 1)
            before, engine = ledger.position, ledger.engine.digest()
            for refused in (lambda: ledger.post(bank.payment(3)), lambda: ledger.record(b"x")):
                with pytest.raises(NotDeciding, match="nothing was done"):
                    refused()
            assert (ledger.position, ledger.engine.digest()) == (before, engine)
            with pytest.raises(CommitOverdue):
                await ledger.durable(ledger.position)
            await ledger.durable(1)  # what was durable stays so
            ready = asyncio.create_task(ledger.deciding())
        await ready
        assert (ledger.overdue, ledger.stopped) == (False, None)
        await ledger.durable(second.position)
        assert ledger.post(bank.payment(1)).refusal == ledger.post(bank.payment(2)).refusal == Refusal.EXISTS
        third = ledger.post(bank.payment(3))
        await ledger.durable(third.position)
        assert third.refusal == Refusal.OK

    asyncio.run(scene())
    assert [row.position for row in sqlite.journal().rows(0)] == [1, 2, 3, 4]


def test_abuse_79_a_journal_that_answers_late_that_it_did_not_write_stops_the_ledger(
    sqlite: Any, bank: Any, ledger: Ledger
) -> None:
    async def scene() -> None:
        with standing_still(sqlite, "UPDATE fence SET epoch = epoch + 1"):
            with pytest.raises(CommitOverdue):
                await ledger.durable(ledger.post(bank.payment(1)).position)
            ready = asyncio.create_task(ledger.deciding())
        await ready
        assert ledger.stopped is not None
        assert not ledger.overdue
        with pytest.raises(LedgerStopped, match="another writer has taken over"):
            ledger.post(bank.payment(2))

    asyncio.run(scene())
    assert sqlite.journal().head().position == 1


def test_a_second_standstill_is_noticed_like_the_first(sqlite: Any, bank: Any, ledger: Ledger) -> None:
    async def scene() -> None:
        for number in (1, 2):
            with standing_still(sqlite), pytest.raises(CommitOverdue):
                await ledger.durable(ledger.post(bank.payment(number)).position)
            await ledger.deciding()
            await ledger.durable(ledger.position)
            assert ledger.overdue_times == number

    asyncio.run(scene())


def test_a_standstill_after_a_loop_that_ended_is_noticed_in_the_next(sqlite: Any, bank: Any) -> None:
    """The first loop's timer never comes. In the second a commit begins, in the third one is on its way already."""
    ledger = sqlite.ledger(commit_seconds=COMMIT_SECONDS, wait_seconds=0.0)

    async def pay(number: int) -> None:
        async with asyncio.timeout(30):
            await ledger.durable(ledger.post(bank.payment(number)).position)

    async def leave() -> None:
        ledger.post(bank.payment(2))
        await until(lambda: ledger._flight is not None)

    async def wait() -> None:
        async with asyncio.timeout(30):
            await ledger.durable(ledger.position)

    ledger.post_many(bank.opening())
    asyncio.run(wait())
    with standing_still(sqlite), pytest.raises(CommitOverdue):
        asyncio.run(pay(1))
    ledger.commit()
    with standing_still(sqlite):
        asyncio.run(leave())
        with pytest.raises(CommitOverdue):
            asyncio.run(wait())
    assert ledger.commit() == 3


def test_closing_does_not_wait_for_a_journal_that_stands_still(sqlite: Any, bank: Any, ledger: Ledger) -> None:
    with standing_still(sqlite):
        ledger.post(bank.payment(1))
        with pytest.raises(CommitOverdue):
            ledger.commit(COMMIT_SECONDS)
    ledger.commit()
    assert ledger.durable_position == 2


def test_the_hash_of_the_last_durable_row_is_known_without_asking(sqlite: Any, bank: Any, ledger: Ledger) -> None:
    assert ledger.durable_hash == sqlite.journal().hash_at(1)
    ledger.post(bank.payment(1))
    ledger.commit()
    assert ledger.durable_hash == sqlite.journal().hash_at(2)
    assert sqlite.ledger().durable_hash == sqlite.journal().hash_at(2)


def test_abuse_79_an_idle_journal_that_stands_still_is_found_by_probing(
    sqlite: Any, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PROBE_SECONDS", 0)
    still = threading.Event()
    check = ledger._journal.check
    ledger._journal.check = lambda: (still.wait(30), check())[1]  # type: ignore[method-assign]

    async def scene() -> None:
        ledger.probe()
        ledger.probe()  # one at a time
        await until(lambda: ledger.overdue)
        with pytest.raises(NotDeciding):
            ledger.post(b"")
        still.set()
        await ledger.deciding()
        assert (ledger.overdue, ledger.stopped) == (False, None)
        sqlite.execute("UPDATE fence SET epoch = epoch + 1")
        ledger.probe()
        await until(lambda: ledger.stopped is not None)

    asyncio.run(scene())
    assert isinstance(ledger.stopped, FencedOff)


@pytest.mark.parametrize("by", ["a probe", "a commit"])
def test_a_journal_that_was_asked_a_moment_ago_is_not_probed(
    bank: Any, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.setattr(module, "PROBE_SECONDS", 3600)
    asked: list[None] = []
    ledger._journal.check = lambda: asked.append(None)  # type: ignore[method-assign]
    ledger._launched_at -= 3600

    async def scene() -> None:
        if by == "a commit":
            await ledger.durable(ledger.post(bank.payment(1)).position)
        for _ in range(2):
            ledger.probe()
            await until(lambda: ledger._flight is None)

    asyncio.run(scene())
    assert len(asked) == (by == "a probe")


def test_a_row_that_is_filled_or_on_its_way_is_not_crossed_by_a_probe(
    bank: Any, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PROBE_SECONDS", 0)
    told, asked = [], []  # type: ignore[var-annotated]
    ledger._journal.check = lambda: asked.append(None)  # type: ignore[method-assign]

    async def scene() -> None:
        with stalled(ledger._journal):
            ledger.when_durable(ledger.post(bank.payment(1)).position, told.append)
            ledger.probe()
            await until(lambda: ledger._flight is not None)
            ledger.probe()
        await until(lambda: told)

    ledger._commit_seconds = 60.0
    asyncio.run(scene())
    assert (told, asked) == ([None], [])


def test_a_payment_that_meets_a_probe_is_committed_after_it(
    sqlite: Any, bank: Any, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PROBE_SECONDS", 0)

    async def scene() -> None:
        ledger.probe()
        posting = ledger.post(bank.payment(1))
        await ledger.durable(posting.position)
        assert ledger.durable_position == posting.position == 2
        ledger.probe()
        await until(lambda: ledger._flight is None)

    asyncio.run(scene())
    assert ledger.stopped is None


def test_abuse_79_who_waits_without_a_task_is_told_once_that_the_journal_stands_still(
    sqlite: Any, bank: Any, ledger: Ledger
) -> None:
    told: list[Any] = []

    async def scene() -> None:
        with standing_still(sqlite):
            position = ledger.post(bank.payment(1)).position
            ledger.when_durable(position, told.append)
            await until(lambda: told)
            ledger.when_durable(position, told.append)
        await ledger.deciding()
        assert [type(one) for one in told] == [CommitOverdue, CommitOverdue]
        ledger.when_durable(position, told.append)

    asyncio.run(scene())
    assert told[2:] == [None]


@pytest.mark.parametrize("left", ["by a loop", "by hand"])
def test_abuse_79_a_commit_that_was_left_to_the_next_loop_is_overdue_there(
    sqlite: Any, bank: Any, ledger: Ledger, left: str
) -> None:
    told: list[Any] = []

    async def leave() -> None:
        ledger.post(bank.payment(1))
        await until(lambda: ledger._flight is not None)

    async def find() -> None:
        ledger.when_durable(ledger.post(bank.payment(2)).position, told.append)
        await until(lambda: told)

    with standing_still(sqlite):
        if left == "by a loop":
            asyncio.run(leave())
        else:
            ledger.post(bank.payment(1))
            ledger.start_commit()
        asyncio.run(find())
    ledger.commit()
    assert [type(one) for one in told] == [CommitOverdue]
