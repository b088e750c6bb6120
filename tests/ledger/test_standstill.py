"""A slow disk: commits leave the event loop after a slow one, and come back when that has been long enough ago."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feiqian.ledger.journal_sqlite import SqliteJournal
from feiqian.ledger.ledger import Ledger
from feiqian.ledger.recovery import open_ledger
from feiqian.ledger.standstill import MOST_SECONDS, SLOW_SECONDS, TIMES_SLOWER
from feiqian.testing.clock import ManualClock


class Disk(SqliteJournal):
    """A real journal whose appends take as long as is said, by a timer that nothing else moves."""

    now, takes = 0.0, 0.0

    def __init__(self, path: Path) -> None:
        super().__init__(path, create=True)
        self.in_loop: list[bool] = []  # of each append, whether it was made in the loop's thread

    def append(self, position: int, body: bytes, written_at: int) -> bytes:
        self.now += self.takes
        self.in_loop.append(threading.current_thread() is threading.main_thread())
        return super().append(position, body, written_at)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    opened = Disk(tmp_path / "journal.db")
    yield opened
    opened.close()


@pytest.fixture
def ledger(disk: Disk, bank: Any) -> Iterator[Ledger]:
    opened = open_ledger(disk, None, ManualClock(), timer=lambda: disk.now)
    opened.post_many(bank.opening())
    opened.commit()
    disk.in_loop.clear()
    yield opened
    opened.close()


async def pay(ledger: Ledger, bank: Any, *numbers: int) -> None:
    for number in numbers:
        await ledger.durable(ledger.post(bank.payment(number)).position)


def test_abuse_71_commits_of_a_slow_disk_are_made_by_a_thread_so_that_the_loop_runs_on(
    disk: Disk, ledger: Ledger, bank: Any
) -> None:
    async def scene() -> None:
        disk.takes = SLOW_SECONDS
        await pay(ledger, bank, 1, 2)
        disk.takes = 2 * SLOW_SECONDS
        await pay(ledger, bank, 3, 4, 5)
        assert disk.in_loop == [True, True, True, False, False]
        disk.now += 2 * SLOW_SECONDS * TIMES_SLOWER
        disk.takes = 0.0
        await pay(ledger, bank, 6, 7)
        assert disk.in_loop[5:] == [True, True]

    asyncio.run(scene())
    assert ledger.engine.account(bank.PAYEE).balance == 7
    assert disk.head().position == ledger.durable_position == 8


def test_a_disk_that_stood_still_for_long_is_tried_again(disk: Disk, ledger: Ledger, bank: Any) -> None:
    async def scene() -> None:
        disk.takes = 3600.0
        await pay(ledger, bank, 1)
        disk.takes = 0.0
        disk.now += MOST_SECONDS - 1
        await pay(ledger, bank, 2)
        disk.now += 1
        await pay(ledger, bank, 3)

    asyncio.run(scene())
    assert disk.in_loop == [True, False, True]


def test_a_commit_that_was_begun_in_a_loop_that_ended_is_heard_of_in_the_next(
    disk: Disk, ledger: Ledger, bank: Any
) -> None:
    async def leave() -> None:
        disk.takes = 3600.0
        await pay(ledger, bank, 1)
        disk.takes = 0.0
        ledger.post(bank.payment(2))
        await asyncio.sleep(0)  # it is on its way

    asyncio.run(leave())
    asyncio.run(pay(ledger, bank, 3, 4))
    assert disk.in_loop == [True, False, False, False]
    assert ledger.durable_position == 5
