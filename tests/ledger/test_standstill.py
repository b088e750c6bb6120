"""A slow disk: the loop waits a moment for a commit, never longer, and for none while commits are slow."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing
from typing import Any

import pytest

from feiqian.errors import LedgerStopped
from feiqian.ledger import ledger as module
from feiqian.ledger.body import decode_body
from feiqian.ledger.standstill import TRIED_EVERY, WAIT_SECONDS, Standstill
from feiqian.testing.stalled import stalled

FAST, SLOW = WAIT_SECONDS / 10, WAIT_SECONDS


def waited(standstill: Standstill, seconds: float, commits: int) -> list[bool]:
    """Of commits that take so long, for which the loop waited."""
    waits = []
    for _ in range(commits):
        waits.append(standstill.waits())
        if waits[-1]:
            standstill.took(seconds)
    return waits


def test_the_loop_waits_for_fast_commits_and_one_that_stalls_changes_nothing() -> None:
    standstill = Standstill()
    for _ in range(10):
        assert all(waited(standstill, FAST, 20))
        assert all(waited(standstill, 3600.0, 1))


def test_while_commits_are_slow_the_loop_waits_for_one_of_many_and_for_all_when_they_are_fast_again() -> None:
    standstill = Standstill()
    waited(standstill, SLOW, 20)
    assert sum(waited(standstill, SLOW, 10 * TRIED_EVERY)) == 10
    waited(standstill, FAST, 10 * TRIED_EVERY)
    assert all(waited(standstill, FAST, 20))


def test_a_disk_that_is_fast_and_slow_in_turn_is_slow() -> None:
    standstill = Standstill()
    waits = [waited(standstill, (SLOW, 0.7 * SLOW)[turn % 2], 1)[0] for turn in range(20 + 10 * TRIED_EVERY)]
    assert sum(waits[20:]) <= 11


def test_who_never_waits_never_does() -> None:
    assert not any(waited(Standstill(0.0), FAST, TRIED_EVERY - 1))


def test_abuse_71_a_disk_that_stalls_holds_up_nobody_but_who_waits_for_it(sqlite: Any, bank: Any) -> None:
    """Everything below happens in one loop while its first commit is on its way."""
    ledger = sqlite.ledger()
    ledger.post_many(bank.opening())
    ledger.commit()
    told: list[int] = []

    async def scene() -> None:
        with stalled(ledger._journal) as begun:
            first = ledger.post(bank.payment(1)).position
            ledger.when_durable(first, lambda error: told.append(first))
            while not begun.is_set():
                await asyncio.sleep(0)
            assert ledger.engine.account(bank.PAYEE).balance == 1
            positions = set()
            for number in range(2, 5):  # each in a tick of its own
                positions.add(ledger.post(bank.payment(number)).position)
                await asyncio.sleep(0)
            assert positions == {first + 1}
            ledger.when_durable(first + 1, lambda error: told.append(first + 1))
            assert (told, ledger.durable_position) == ([], first - 1)
        await ledger.durable(first + 1)
        assert told == [first, first + 1]

    asyncio.run(scene())
    second, third = sqlite.journal().rows(1)
    assert [len(decode_body(row.body).records) // 80 for row in (second, third)] == [1, 3]


def test_a_disk_that_stalls_and_then_fails_stops_the_ledger(sqlite: Any, bank: Any) -> None:
    ledger = sqlite.ledger()

    async def scene() -> None:
        bank.break_journal(ledger, OSError("the disk is gone"))
        with stalled(ledger._journal) as begun:
            positions = [ledger.post(bank.opening()).position]
            while not begun.is_set():
                await asyncio.sleep(0)
            positions.append(ledger.post(bank.payment(1)).position)
            waiting = [asyncio.create_task(ledger.durable(position)) for position in positions]
            await asyncio.sleep(0)
        for outcome in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(outcome, LedgerStopped)

    asyncio.run(scene())
    assert ledger.durable_position == 0


@pytest.mark.parametrize("wait_seconds", [60.0, 0.0], ids=["waited for", "overlapping"])
def test_a_commit_is_made_by_the_journals_thread(sqlite: Any, bank: Any, wait_seconds: float) -> None:
    ledger, threads = sqlite.ledger(wait_seconds=wait_seconds), set()
    append = ledger._journal.append

    def noted(*row: Any) -> bytes:
        threads.add(threading.current_thread())
        return bytes(append(*row))

    ledger._journal.append = noted

    async def scene() -> None:
        await ledger.durable(ledger.post(bank.opening()).position)

    asyncio.run(scene())
    assert threads
    assert threading.main_thread() not in threads


def test_a_thread_that_cannot_be_begun_is_known_before_anything_is_decided(
    sqlite: Any, bank: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a row would be written by the thread of the row after it, and nobody told of it."""

    def no_thread(thread: threading.Thread) -> None:
        raise RuntimeError("no more threads")

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    with pytest.raises(RuntimeError, match="no more threads"):
        sqlite.ledger()
    monkeypatch.undo()
    ledger = sqlite.ledger()
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    ledger.post(bank.opening())
    assert ledger.commit() == 1


def test_a_commit_that_was_begun_in_a_loop_that_ended_is_heard_of_in_the_next(sqlite: Any, bank: Any) -> None:
    ledger = sqlite.ledger(wait_seconds=0.0)

    async def leave() -> None:
        ledger.post(bank.opening())
        while ledger._flight is None:
            await asyncio.sleep(0)

    async def pay() -> None:
        for number in (1, 2):
            await ledger.durable(ledger.post(bank.payment(number)).position)

    with stalled(ledger._journal):
        asyncio.run(leave())
    asyncio.run(pay())
    assert ledger.durable_position == 3


def test_a_row_that_was_put_off_in_a_loop_that_ended_is_committed_in_the_next(
    sqlite: Any, bank: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GATHER_SECONDS", 60.0)
    ledger = sqlite.ledger(wait_seconds=60.0)
    ledger.post(bank.opening())

    async def pay(*numbers: int) -> None:
        for number in numbers:
            ledger.post(bank.payment(number))

    async def pay_and_turn() -> None:
        await pay(3)
        for _ in range(3):
            await asyncio.sleep(0)

    with closing(asyncio.new_event_loop()) as loop:  # ends before there is another turn
        loop.run_until_complete(pay(1, 2))
    assert ledger.durable_position == 0
    asyncio.run(pay_and_turn())
    assert ledger.durable_position == ledger.position == 1


def test_a_commit_that_was_begun_between_two_runs_of_a_loop_is_heard_of_in_the_second(sqlite: Any, bank: Any) -> None:
    ledger, told = sqlite.ledger(wait_seconds=0.0), []

    async def pay(number: int) -> None:
        ledger.when_durable(ledger.post(bank.payment(number)).position, told.append)
        while ledger._flight is not None and not ledger._flight[1].done():
            await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)

    async def open_bank() -> None:
        await ledger.durable(ledger.post(bank.opening()).position)

    with asyncio.Runner() as runner:
        runner.run(open_bank())
        ledger.post(bank.payment(1))
        ledger.start_commit()
        ledger._flight[1].result()
        runner.run(pay(2))
        assert ledger.durable_position >= 2
    ledger.commit()
    assert told == [None]


def test_a_commit_that_was_begun_by_hand_while_a_row_was_put_off_is_heard_of(sqlite: Any, bank: Any) -> None:
    ledger, told = sqlite.ledger(wait_seconds=0.0), []

    def pay(events: bytes) -> None:
        position = ledger.post(events).position
        ledger.when_durable(position, lambda error: told.append((position, error)))

    async def scene() -> None:
        pay(bank.opening())
        ledger.start_commit()
        pay(bank.payment(1))
        async with asyncio.timeout(30):
            while len(told) < 2:
                await asyncio.sleep(0)

    asyncio.run(scene())
    assert told == [(1, None), (2, None)]


def test_who_waits_without_a_task_for_what_was_posted_without_a_loop_is_told(sqlite: Any, bank: Any) -> None:
    ledger, told = sqlite.ledger(wait_seconds=60.0), []
    position = ledger.post(bank.opening()).position

    async def scene() -> None:
        ledger.when_durable(position, told.append)
        for _ in range(3):
            await asyncio.sleep(0)

    asyncio.run(scene())
    assert told == [None]
