"""Which days a statement is of: a month, a quarter, a year, or from one day to another. Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

from feiqian.statements.errors import PeriodInvalid

EARLIEST = date(2000, 1, 1)
MOST_DAYS = 366 * 5
_WHOLE = re.compile(r"([0-9]{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?", re.ASCII)
_MONTHS_OF_YEAR, _MONTHS_OF_QUARTER = 12, 3


class Period(NamedTuple):
    """From one day of the bank's to another, both in it."""

    first: date
    last: date

    def until(self, today: date) -> Period:
        """Its days up to today. Raises PeriodInvalid (turned, early, future, long)."""
        if self.last < self.first:
            raise PeriodInvalid("turned")
        if self.first < EARLIEST:
            raise PeriodInvalid("early")
        if self.first > today:
            raise PeriodInvalid("future")
        period = Period(self.first, min(self.last, today))
        if (period.last - period.first).days >= MOST_DAYS:
            raise PeriodInvalid("long")
        return period

    @property
    def name(self) -> str:
        """In a file's name: a month, quarter or year by itself, "2026-11", or both days."""
        for whole in (f"{self.first:%Y}", f"{self.first:%Y}-Q{quarter_of(self.first)}", f"{self.first:%Y-%m}"):
            if period_of(whole) == self:
                return whole
        return f"{self.first.isoformat()}_{self.last.isoformat()}"


def period_of(text: str) -> Period:
    """Of "2026-11", "2026-Q4" or "2026". Raises PeriodInvalid (unreadable)."""
    match = _WHOLE.fullmatch(text)
    if match is None or not 1 <= int(match[1]) < date.max.year:
        raise PeriodInvalid("unreadable")
    year = int(match[1])
    if match[2]:
        return _months(year, int(match[2]), 1)
    if match[3]:
        return _months(year, (int(match[3]) - 1) * _MONTHS_OF_QUARTER + 1, _MONTHS_OF_QUARTER)
    return _months(year, 1, _MONTHS_OF_YEAR)


def days_of(first: str, last: str) -> Period:
    """From one day to another, as "2026-11-03". Raises PeriodInvalid (unreadable)."""
    try:
        return Period(_day(first), _day(last))
    except ValueError:
        raise PeriodInvalid("unreadable") from None


def quarter_of(day: date) -> int:
    return (day.month - 1) // _MONTHS_OF_QUARTER + 1


def lately(today: date) -> list[str]:
    """What is mostly asked for: this month and the twelve before it, the newest first."""
    months = [divmod(today.year * _MONTHS_OF_YEAR + today.month - 1 - back, _MONTHS_OF_YEAR) for back in range(13)]
    return [f"{year:04d}-{month + 1:02d}" for year, month in months]


def _day(text: str) -> date:
    if len(text) != len("2026-11-03"):
        raise ValueError("another notation")
    return date.fromisoformat(text)


def _months(year: int, month: int, count: int) -> Period:
    first = date(year, month, 1)
    after = date(year + (month - 1 + count) // _MONTHS_OF_YEAR, (month - 1 + count) % _MONTHS_OF_YEAR + 1, 1)
    return Period(first, after - timedelta(days=1))
