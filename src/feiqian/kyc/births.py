"""Dates of birth as documents write them: with two digits of the year, and with day or month unknown. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

OLDEST_YEARS = 120  # above it, two digits of a year mean the later century alone
_UNKNOWN = ("<<", "00")  # ICAO Doc 9303, part 3, 4.8 has fillers; some states write zeros


class Span(NamedTuple):
    """The days on which somebody may have been born, both included; one day if all of it is known."""

    earliest: date
    latest: date

    @property
    def day(self) -> date | None:
        return self.earliest if self.earliest == self.latest else None

    def has(self, day: date) -> bool:
        return self.earliest <= day <= self.latest


def on(day: date) -> tuple[Span, ...]:
    """What is written in full means one day."""
    return (Span(day, day),)


def possible(digits: str, today: date) -> tuple[Span, ...]:
    """What `YYMMDD` may mean, the newest first: nobody was born tomorrow, and few are older than OLDEST_YEARS.

    Raises ValueError for what is no date in any century.
    """
    year, month, day = digits[:2], digits[2:4], digits[4:]
    if year == "<<":
        return (Span(date(today.year - OLDEST_YEARS, 1, 1), today),)
    newest = today.year // 100 * 100 + int(year)
    found = [span for span in (_span(newest - back, month, day, today) for back in (0, 100)) if span is not None]
    if not found:
        raise ValueError("no date")
    return tuple(found[:1] + [span for span in found[1:] if span.latest.year >= today.year - OLDEST_YEARS])


def _span(year: int, month: str, day: str, today: date) -> Span | None:
    """Within one year; None for what lies in the future or is not in the calendar of that year."""
    in_year = [None if digits in _UNKNOWN else int(digits) for digits in (month, day)]
    span = _in_year(year, *in_year)
    return None if span is None or span.earliest > today else Span(span.earliest, min(span.latest, today))


def _in_year(year: int, month: int | None, day: int | None) -> Span | None:
    if month is None:
        return Span(date(year, 1, 1), date(year, 12, 31))
    last = calendar.monthrange(year, month)[1] if 1 <= month <= 12 else 0
    if not 1 <= (day or 1) <= last:
        return None
    return Span(date(year, month, day or 1), date(year, month, day or last))


def certain(births: Sequence[Span]) -> date | None:
    """The day of birth, if there is one that it must have been."""
    return births[0].day if len(births) == 1 else None


def age(birth: date, today: date) -> int:
    """In years completed."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def old_enough(births: Sequence[Span], minimum: int, today: date) -> bool | None:
    """Whether somebody is of an age; None if that depends on which of the days it was."""
    if all(age(span.latest, today) >= minimum for span in births):
        return True
    return None if any(age(span.earliest, today) >= minimum for span in births) else False
