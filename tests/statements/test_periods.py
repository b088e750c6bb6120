"""Which days a statement is of, as a table."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from feiqian.statements.errors import PeriodInvalid
from feiqian.statements.model import start_of
from feiqian.statements.periods import MOST_DAYS, Period, days_of, lately, period_of

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-11", "2026-11-01", "2026-11-30"),
        ("2026-12", "2026-12-01", "2026-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-Q1", "2026-01-01", "2026-03-31"),
        ("2026-Q4", "2026-10-01", "2026-12-31"),
        ("2026", "2026-01-01", "2026-12-31"),
    ],
)
def test_a_month_a_quarter_and_a_year_have_their_days_and_their_name(text: str, first: str, last: str) -> None:
    assert period_of(text) == days_of(first, last)
    assert period_of(text).name == text


@pytest.mark.parametrize(
    "text", ["", "2026-13", "2026-00", "2026-Q5", "26-11", "2026-11-01", "２０２６", "0000", "9999"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(PeriodInvalid, match="unreadable"):
        period_of(text)


@pytest.mark.parametrize(
    ("first", "last"), [("", ""), ("2026-11-01", ""), ("2026-02-30", "2026-03-01"), ("20261101", "20261102")]
)
def test_what_are_no_days_is_refused(first: str, last: str) -> None:
    with pytest.raises(PeriodInvalid, match="unreadable"):
        days_of(first, last)


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        ("2026-11-02", "2026-11-01", "turned"),
        ("2026-11-29", "2026-12-31", "future"),
        ("1999-12-31", "2000-01-31", "early"),
        ("2020-01-01", "2026-01-01", "long"),
    ],
)
def test_days_that_no_statement_can_have_are_refused(first: str, last: str, reason: str) -> None:
    with pytest.raises(PeriodInvalid, match=reason):
        days_of(first, last).until(TODAY)


def test_a_period_ends_today_at_the_latest_and_is_named_by_its_days_then() -> None:
    so_far = period_of("2026-11").until(TODAY)
    assert so_far == Period(date(2026, 11, 1), TODAY)
    assert so_far.name == "2026-11-01_2026-11-28"
    assert days_of("2026-11-28", "2026-11-28").until(TODAY).name == "2026-11-28_2026-11-28"
    longest = Period(TODAY - timedelta(days=MOST_DAYS - 1), TODAY)
    assert longest.until(TODAY) == longest


def test_what_is_mostly_asked_for_are_this_month_and_twelve_before_it() -> None:
    assert lately(TODAY)[:2] == ["2026-11", "2026-10"]
    assert lately(TODAY)[-1] == "2025-11"
    assert lately(date(2026, 1, 31))[1] == "2025-12"


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Asia/Shanghai", date(2026, 11, 1), "2026-11-01T00:00:00+08:00"),
        ("Europe/Madrid", date(2026, 3, 29), "2026-03-29T00:00:00+01:00"),
        ("Europe/Madrid", date(2026, 3, 30), "2026-03-30T00:00:00+02:00"),
        ("America/Havana", date(2026, 3, 8), "2026-03-08T01:00:00-04:00"),  # which has no midnight on that day
    ],
)
def test_a_day_begins_with_its_first_moment_in_the_banks_zone(zone: str, day: date, begins: str) -> None:
    assert start_of(day, ZoneInfo(zone)).isoformat() == begins
