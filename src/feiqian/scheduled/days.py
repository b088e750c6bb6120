"""The days of a schedule. Pure."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from feiqian.scheduled.errors import ScheduleInvalid
from feiqian.scheduled.model import FURTHEST_DAYS, Rhythm


def check_days(rhythm: Rhythm, first: date, until: date | None, today: date) -> None:
    """Whether a schedule may have these. Raises ScheduleInvalid."""
    if not today < first <= today + timedelta(days=FURTHEST_DAYS):
        raise ScheduleInvalid("first")
    if until is not None and (rhythm is Rhythm.ONCE or until < first):
        raise ScheduleInvalid("until")


def following(rhythm: Rhythm, first: date, until: date | None, after: date) -> date | None:
    """The first day of the schedule that is later than this one; None if there is none."""
    if after < first:
        found: date | None = first
    elif rhythm is Rhythm.WEEKLY:
        found = first + timedelta(weeks=(after - first).days // 7 + 1)
    elif rhythm is Rhythm.MONTHLY:
        found = _in_month(first, after)
    else:
        found = None
    return found if found is not None and (until is None or found <= until) else None


def _in_month(first: date, after: date) -> date:
    this = _of_month(first, after.year, after.month)
    if this > after:
        return this
    months = after.year * 12 + after.month  # counted from 0, the month after this one
    return _of_month(first, *_year_and_month(months))


def _year_and_month(months: int) -> tuple[int, int]:
    """Year and month (from 1) of the month that so many others come before."""
    return months // 12, months % 12 + 1


def _of_month(first: date, year: int, month: int) -> date:
    return date(year, month, min(first.day, monthrange(year, month)[1]))
