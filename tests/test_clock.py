"""Bank days: in the bank's zone, whatever the machine's; and at the edges of a day, a year and daylight saving."""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from feiqian.clock import ManualClock, SystemClock


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
