"""The days of a schedule."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from feiqian.scheduled.days import following
from feiqian.scheduled.model import Rhythm

ONCE, WEEKLY, MONTHLY = Rhythm.ONCE, Rhythm.WEEKLY, Rhythm.MONTHLY


def days(rhythm: Rhythm, first: str, until: str = "", most: int = 6) -> list[str]:
    found, last = [], date.fromisoformat(until) if until else None
    day = date.fromisoformat(first) - timedelta(days=1)
    while len(found) < most and (coming := following(rhythm, date.fromisoformat(first), last, day)):
        found.append(coming.isoformat())
        day = coming
    return found


@pytest.mark.parametrize(
    ("rhythm", "first", "until", "wanted"),
    [
        (ONCE, "2027-01-31", "", ["2027-01-31"]),
        (WEEKLY, "2027-01-30", "2027-02-13", ["2027-01-30", "2027-02-06", "2027-02-13"]),
        (MONTHLY, "2027-12-31", "2028-04-30", ["2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]),
        (MONTHLY, "2027-01-31", "2027-03-01", ["2027-01-31", "2027-02-28"]),
        (MONTHLY, "2027-11-15", "2028-01-15", ["2027-11-15", "2027-12-15", "2028-01-15"]),
        (MONTHLY, "2027-01-30", "2027-03-30", ["2027-01-30", "2027-02-28", "2027-03-30"]),
    ],
)
def test_the_days_are_those_that_were_meant(rhythm: Rhythm, first: str, until: str, wanted: list[str]) -> None:
    assert days(rhythm, first, until) == wanted


def test_from_any_day_on_the_following_is_the_next_of_all() -> None:
    first = date(2027, 1, 31)
    for rhythm in (WEEKLY, MONTHLY):
        known = [date.fromisoformat(day) for day in days(rhythm, "2027-01-31", most=40)]
        for after in range(200):
            day = first + timedelta(days=after)
            assert following(rhythm, first, None, day) == next(one for one in known if one > day)
