"""A ledger and its clock: what jumps is not journaled, time neither goes back nor stands still, a start compares."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from feiqian.clock import MICROSECONDS, SteadyClock
from feiqian.errors import ClockRefused, NotDeciding
from feiqian.ledger.body import decode_body
from feiqian.ledger.engine import EVENT, Refusal, Type
from feiqian.ledger.ledger_clock import LedgerClock
from feiqian.ledger.recovery import open_ledger
from feiqian.ledger.start_time import DAY_SECONDS, StartTime
from feiqian.testing.clock import ManualClock

YEAR, WEEK = 365 * DAY_SECONDS, 7 * DAY_SECONDS
BOUNDS = StartTime(30, WEEK)


def journaled_times(store: Any) -> list[int]:
    """The seconds of every TIME record in the journal."""
    records = b"".join(decode_body(row.body).records for row in store.journal().rows(0))
    return [event[4] for event in EVENT.iter_unpack(records) if event[0] == Type.TIME]


@pytest.mark.parametrize("jump", [YEAR, -YEAR, 31, -31])
def test_abuse_88_nothing_is_decided_or_journaled_while_the_clock_has_jumped(
    sqlite: Any, bank: Any, jump: float
) -> None:
    async def scene() -> None:
        clock = SteadyClock(sqlite.clock, 30, lambda: 0)
        ledger = open_ledger(sqlite.journal(), None, clock)
        sqlite.opened.append(ledger.close)
        await ledger.durable(ledger.post(bank.opening()).position)
        under_way = ledger.post(bank.payment(1))
        before, digest = ledger.position, ledger.engine.digest()
        sqlite.clock.advance(jump)
        for events in (bank.payment(2), b""):
            with pytest.raises(NotDeciding, match="clock has jumped, so nothing is decided: nothing was done"):
                ledger.post_many(events)
        assert (ledger.position, ledger.engine.digest(), ledger.clock_jumps) == (before, digest, 1)
        await ledger.durable(under_way.position)  # what was decided is committed all the same
        ready = asyncio.create_task(ledger.deciding())
        await asyncio.sleep(0)
        assert ledger.look_at_clock()
        assert not ready.done()
        sqlite.clock.advance(-jump)
        assert not ledger.look_at_clock()
        await ready
        second = ledger.post(bank.payment(2))
        await ledger.durable(second.position)
        assert (second.refusal, ledger.stopped) == (Refusal.OK, None)

    asyncio.run(scene())
    assert journaled_times(sqlite) == [1_800_000_000]


def test_a_commit_that_is_overdue_and_a_clock_that_jumps_end_each_for_themselves(sqlite: Any, bank: Any) -> None:
    async def scene() -> None:
        clock = SteadyClock(sqlite.clock, 30, lambda: 0)
        ledger = open_ledger(sqlite.journal(), None, clock, commit_seconds=0.01)
        sqlite.opened.append(ledger.close)
        sqlite.clock.advance(YEAR)
        assert ledger.look_at_clock()
        sqlite.clock.advance(-YEAR)
        ledger.overdue = True  # as if a commit of before the jump were still under way
        assert not ledger.look_at_clock()
        ready = asyncio.create_task(ledger.deciding())
        await asyncio.sleep(0)
        assert not ready.done()
        ledger.close()
        await ready  # who waits is let go by the end, too

    asyncio.run(scene())


def test_the_ledgers_time_neither_goes_back_nor_stands_still_and_is_caught_up_with() -> None:
    machine = ManualClock()
    start = machine.now()
    clock = LedgerClock(machine, start + 20 * MICROSECONDS)
    told = [clock.now()]
    for _ in range(300):
        machine.advance(1)
        told.append(clock.now())
    assert told[0] == start + 20 * MICROSECONDS
    assert all(earlier < later for earlier, later in pairwise(told))
    assert told[-1] == machine.now()
    machine.advance(-5)
    assert clock.now() == told[-1]
    machine.advance(1)
    assert told[-1] < clock.now() < told[-1] + MICROSECONDS
    assert clock.day(1_800_000_000) == 20270115


def journal_ahead(store: Any, bank: Any, seconds: float) -> None:
    """A journal in which a version without these bounds has followed a clock so far ahead, for an empty event."""
    ledger = open_ledger(store.journal(), None, store.clock)
    ledger.post(bank.opening())
    ledger.commit()
    store.clock.advance(seconds)
    ledger.post_many(b"")
    ledger.commit()
    ledger.close()
    store.clock.advance(-seconds)


@pytest.mark.parametrize("off", [-YEAR, -31, WEEK + 1, YEAR])
def test_abuse_88_a_start_with_a_clock_beyond_the_bound_is_refused_with_both_moments(
    store: Any, bank: Any, off: float
) -> None:
    journal_ahead(store, bank, 0)
    store.clock.advance(off)
    with pytest.raises(ClockRefused, match="--accept-time") as raised:
        store.ledger(start=BOUNDS)
    assert "2027-01-15 08:00:00Z" in str(raised.value)
    assert f"{abs(off)} s {'before' if off < 0 else 'after'} the newest moment" in str(raised.value)
    assert journaled_times(store) == [1_800_000_000]


@pytest.mark.parametrize("off", [-30, 0, 1, WEEK])
def test_a_start_within_the_bounds_is_like_any(sqlite: Any, bank: Any, off: float) -> None:
    journal_ahead(sqlite, bank, 0)
    sqlite.clock.advance(off)
    assert sqlite.ledger(start=BOUNDS).post(bank.payment(1)).refusal == Refusal.OK


def test_a_new_journal_takes_any_time_that_a_calendar_has(sqlite: Any, bank: Any) -> None:
    sqlite.clock.advance(-1_700_000_000)
    assert sqlite.ledger(start=BOUNDS).post(bank.opening()).refusal == Refusal.OK


@pytest.mark.parametrize("now", [-1, 0, 253_402_300_800, 2**63])
@pytest.mark.parametrize("accept", [False, True])
def test_a_time_that_no_calendar_has_is_never_accepted(sqlite: Any, bank: Any, now: int, accept: bool) -> None:
    journal_ahead(sqlite, bank, 0)
    sqlite.clock = ManualClock(now * MICROSECONDS)
    with pytest.raises(ClockRefused, match="set it right"):
        sqlite.ledger(start=BOUNDS._replace(accept=accept))


@pytest.mark.parametrize("ahead", [YEAR, 3_600])
def test_abuse_88_an_accepted_time_is_the_journals_from_then_on(store: Any, bank: Any, ahead: int) -> None:
    journal_ahead(store, bank, ahead)
    told: list[str] = []
    ledger = store.ledger(start=BOUNDS._replace(accept=True, going_back=lambda: told.append("going back")))
    assert told == ["going back"]
    assert ledger.engine.moment == (1_800_000_000, 20270115)
    store.clock.advance(10)
    ledger.post(bank.payment(1))
    ledger.commit()
    digest = ledger.engine.digest()
    ledger.close()
    again = store.ledger(start=BOUNDS)  # it is not asked a second time, whether anything came after it or not
    assert again.engine.digest() == digest
    assert journaled_times(store) == [1_800_000_000, 1_800_000_000 + ahead, 1_800_000_000, 1_800_000_010]


def test_what_has_to_precede_going_back_and_fails_leaves_the_journal_alone(sqlite: Any, bank: Any) -> None:
    journal_ahead(sqlite, bank, YEAR)

    def fails() -> None:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        sqlite.ledger(start=BOUNDS._replace(accept=True, going_back=fails))
    assert journaled_times(sqlite) == [1_800_000_000, 1_800_000_000 + YEAR]


def test_a_time_accepted_ahead_sets_nothing_back(sqlite: Any, bank: Any) -> None:
    journal_ahead(sqlite, bank, 0)
    sqlite.clock.advance(YEAR)

    def never() -> None:
        raise AssertionError

    ledger = sqlite.ledger(start=BOUNDS._replace(accept=True, going_back=never))
    ledger.post(bank.payment(1))
    ledger.commit()
    assert journaled_times(sqlite) == [1_800_000_000, 1_800_000_000 + YEAR]
