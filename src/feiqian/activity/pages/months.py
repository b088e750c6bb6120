"""A page of the list, by months, each with what came and what left in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from feiqian.activity.model import Movement, Wanted
from feiqian.activity.service import Activity
from feiqian.clock import microseconds
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, Money
from feiqian.payments.read_model.lines import Span
from feiqian.web.formats import Formats


class MonthSum(NamedTuple):
    """In one currency."""

    came: Money
    left: Money


class Month(NamedTuple):
    """`key` is "2026-11". `sums` are of the whole month, as far as it was asked for; none where the list leaves lines
    out, or there are too many to be added up."""

    key: str
    title: str
    sums: list[MonthSum]
    movements: list[Movement]


async def by_month(
    activity: Activity, formats: Formats, customer: CustomerNumber, wanted: Wanted, movements: Sequence[Movement]
) -> list[Month]:
    months = []
    for first, of_it in groupby(movements, lambda it: _first_of(formats.local(it.at))):
        span = Span(max(_at(first), wanted.span.start), min(_at(_next(first)), wanted.span.end))
        sums = None if wanted.narrows else await activity.sums(customer, span, wanted.account)
        told = [
            MonthSum(Money(one.came, BY_NUMBER[one.currency]), Money(one.left, BY_NUMBER[one.currency]))
            for one in sums or ()
        ]
        months.append(Month(f"{first:%Y-%m}", formats.month(first), told, list(of_it)))
    return months


def _first_of(moment: datetime) -> datetime:
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)


def _next(first: datetime) -> datetime:
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def _at(moment: datetime) -> int:
    return microseconds(moment)
