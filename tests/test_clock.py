"""Bank days: in the bank's zone, whatever the machine's; and at the edges of a day, a year and daylight saving."""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from feiqian.clock import MICROSECONDS, SteadyClock, SystemClock
from feiqian.testing.clock import ManualClock


@pytest.mark.parametrize(
    ("zone", "utc", "day"),
    [
        ("Asia/Shanghai", "2026-11-24T15:59:59+00:00", 20261124),
        ("Asia/Shanghai", "2026-11-24T16:00:00+00:00", 20261125),
        ("Asia/Shanghai", "2026-12-31T16:00:00+00:00", 20270101),
        ("Asia/Kathmandu", "2026-11-24T18:14:59+00:00", 20261124),  # a quarter of an hour off
        ("Asia/Kathmandu", "2026-11-24T18:15:00+00:00", 20261125),
        ("America/New_York", "2026-11-01T03:59:59+00:00", 20261031),  # the day on which clocks go back
        ("America/New_York", "2026-11-01T04:00:00+00:00", 20261101),
        ("America/New_York", "2026-11-02T04:59:59+00:00", 20261101),
        ("UTC", "2024-02-29T23:59:59+00:00", 20240229),
    ],
)
def test_a_day_is_the_banks(zone: str, utc: str, day: int) -> None:
    assert SystemClock(zone).day(int(datetime.fromisoformat(utc).timestamp())) == day


def test_remembering_the_day_never_shows() -> None:
    clock, zone = SystemClock("Europe/Dublin"), ZoneInfo("Europe/Dublin")
    for seconds in range(1_772_000_000, 1_772_000_000 + 400 * 86400, 7 * 3600 + 1799):
        date = datetime.fromtimestamp(seconds, zone)
        assert clock.day(seconds) == date.year * 10000 + date.month * 100 + date.day


def test_the_machines_clock_is_in_microseconds() -> None:
    assert abs(SystemClock().now() - time.time() * 1e6) < 60e6


def test_a_clock_for_tests_stands_still() -> None:
    clock = ManualClock(5)
    assert clock.now() == clock.now() == 5
    clock.advance(1.5)
    assert clock.now() == 1_500_005
    clock.advance(-1)
    assert clock.now() == 500_005


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        SystemClock("Asia/Nowhere")


class Machine:
    """A machine whose clock can be set, and that sleeps; its time since the start goes on by itself."""

    def __init__(self) -> None:
        self.clock, self.up = ManualClock(), 5 * MICROSECONDS
        self.steady = SteadyClock(self.clock, 30, lambda: self.up * 1000)

    def passes(self, seconds: float, rate: float = 1.0) -> None:
        """Time passes; the clock runs at this rate."""
        self.up += round(seconds * MICROSECONDS)
        self.clock.advance(seconds * rate)

    @property
    def off(self) -> float:
        """How many seconds the steady clock is ahead of the machine's."""
        return (self.steady.now() - self.clock.now()) / MICROSECONDS


@pytest.mark.parametrize("jump", [-365 * 86_400, -31, 31, 3_600, 365 * 86_400])
def test_abuse_88_a_clock_that_jumps_is_not_followed_until_it_is_right_again(jump: float) -> None:
    machine = Machine()
    before = machine.steady.now()
    machine.clock.advance(jump)
    assert (machine.steady.now(), machine.steady.jumped) == (before, True)
    for _ in range(100):
        machine.passes(60)
        machine.steady.now()
    assert (machine.steady.now() - before, machine.steady.jumped) == (6_000 * MICROSECONDS, True)
    machine.clock.advance(-jump)
    assert (machine.steady.now(), machine.steady.jumped) == (machine.clock.now(), False)


@pytest.mark.parametrize("step", [-30, -1, 0.5, 30])
def test_a_step_within_the_bound_is_followed_at_once(step: float) -> None:
    machine = Machine()
    machine.clock.advance(step)
    assert (machine.off, machine.steady.jumped) == (0, False)


def test_many_steps_within_the_bound_are_a_jump() -> None:
    machine = Machine()
    for _ in range(2):
        machine.passes(1)
        machine.clock.advance(20)
        machine.steady.now()
    assert (round(machine.off), machine.steady.jumped) == (-40, True)


@pytest.mark.parametrize("rate", [0.92, 1.0005, 1.08])
def test_a_clock_that_is_put_right_slowly_is_followed(rate: float) -> None:
    machine = Machine()
    for _ in range(86_400 // 10):
        machine.passes(10, rate)
        assert (machine.off, machine.steady.jumped) == (0, False)


def test_a_machine_that_slept_has_not_jumped() -> None:
    machine = Machine()
    machine.passes(3 * 86_400)
    assert (machine.off, machine.steady.jumped) == (0, False)


def test_the_machines_own_clocks_agree() -> None:
    steady = SteadyClock(SystemClock(), 3_600)
    assert (abs(steady.now() - SystemClock().now()) < 60 * MICROSECONDS, steady.jumped) == (True, False)
    assert steady.day(1_800_000_000) == 20270115
