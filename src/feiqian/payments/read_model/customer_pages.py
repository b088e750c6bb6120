"""A customer's payments in pages, newest first: what was paid stands where it was paid, all else where it was decided.

No index has both in one order, since each payment would pay for it when it is projected: a page is merged from the
lines of each wallet and the payments that were not paid. A cursor says of each of these streams which number its newer
rows begin with. Numbers only grow, so that what arrives meanwhile moves nothing. Only reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Select, and_, or_, select

from feiqian.ids import CustomerNumber
from feiqian.projections.database import Database, Values
from feiqian.runtime.paging import FIRST, Ask, Page

from ..kinds import TransferKind
from . import tables
from .queries import ACCOUNTS_OF_CUSTOMER, LOOKED_AT, PAYMENT_COLUMNS, UNPAID
from .rows import PaymentRow, payment_row

_P, _E = tables.payments.c, tables.entries.c
_IS_PAYMENT = _E.kind == int(TransferKind.PAYMENT)
_END = 2**62  # above every number
_OWNER, _PLACE, _EDGE, _LIMIT = (BindParameter[int](name) for name in ("owner", "place", "edge", "limit"))


class Kind(NamedTuple):
    """Questions for one kind of stream: the rows on a place's older or newer side up to an edge, the nearest first; the
    last number. `reach`: how far from the place the edge is, in numbers."""

    older: Select[Any]
    newer: Select[Any]
    last: Select[Any]
    reach: int


Stream = tuple[Kind, int]  # and whose: the customer's number, or a wallet's in the read model


class Found(NamedTuple):
    """A payment, or the line at the edge of those that were looked at (`payment` is None): more may be beyond it."""

    position: int
    stream: int
    number: int
    payment: Values | None


def _kind(rows: Select[Any], number: ColumnElement[int], whose: ColumnElement[bool], reach: int) -> Kind:
    rows = rows.where(whose)
    return Kind(
        rows.where(number < _PLACE, number >= _EDGE).order_by(number.desc()).limit(_LIMIT),
        rows.where(number >= _PLACE, number <= _EDGE).order_by(number).limit(_LIMIT),
        select(number).where(whose).order_by(number.desc()).limit(_LIMIT),
        reach,
    )


NOT_PAID = _kind(select(_P.no, _P.position, *PAYMENT_COLUMNS), _P.no, and_(_P.customer == _OWNER, UNPAID), _END)
PAID = _kind(
    select(_E.sequence, _E.position, *PAYMENT_COLUMNS)
    .select_from(tables.entries.outerjoin(tables.payments, and_(_P.no == _E.payment, _IS_PAYMENT)))
    .where(or_(_P.no.is_not(None), _E.sequence == _EDGE)),
    _E.sequence,
    _E.account == _OWNER,
    LOOKED_AT,
)


def payments_of_customer(db: Database, customer: CustomerNumber, ask: Ask, limit: int) -> Page[PaymentRow]:
    """A page of up to `limit` payments; of fewer where many other lines lie between. The first for what is no cursor.

    Costs as many payments that were not paid, and LOOKED_AT lines of each wallet, at most.
    """
    wallets = sorted(no for no, _ in db.all(ACCOUNTS_OF_CUSTOMER, customer=customer))
    streams = [(NOT_PAID, int(customer)), *((PAID, no) for no in wallets)]
    given = _places(ask.before or ask.after, len(streams))
    places = given or [_after_last(db, stream) for stream in streams]
    shown = _beside(db, streams, places, given is None or bool(ask.before), limit)
    if given and not shown:
        return payments_of_customer(db, customer, FIRST, limit)
    numbers = [[one.number for one in shown if one.stream == n] for n in range(len(streams))]
    older = [min(of, default=place) for of, place in zip(numbers, places, strict=True)]
    newer = [max(of) + 1 if of else place for of, place in zip(numbers, places, strict=True)]
    rows = [payment_row(one.payment) for one in sorted(shown, key=_place, reverse=True) if one.payment is not None]
    return Page(rows, _cursor(db, streams, older, True), _cursor(db, streams, newer, False) if given else "")


def _places(cursor: str, count: int) -> list[int] | None:
    """Of each stream; None unless it could have been given out for so many."""
    parts = cursor.split("-")
    if len(parts) != count or not all(part.isascii() and part.isdecimal() and len(part) <= 18 for part in parts):
        return None
    return [int(part) for part in parts]


def _cursor(db: Database, streams: Sequence[Stream], places: Sequence[int], older: bool) -> str:
    """ "" where nothing more is on that side."""
    return "-".join(map(str, places)) if _beside(db, streams, places, older, 1) else ""


def _after_last(db: Database, stream: Stream) -> int:
    last = db.one(stream[0].last, owner=stream[1], limit=1)
    return int(last[0]) + 1 if last else 0


def _beside(db: Database, streams: Sequence[Stream], places: Sequence[int], older: bool, limit: int) -> list[Found]:
    """The nearest on one side of a place, the nearest first, up to the first edge."""
    found: list[Found] = []
    for n, ((kind, owner), place) in enumerate(zip(streams, places, strict=True)):
        edge = place - kind.reach if older else place + kind.reach - 1
        rows = db.all(kind.older if older else kind.newer, owner=owner, place=place, edge=edge, limit=limit)
        found += [Found(row[1], n, row[0], None if row[2] is None else row[2:]) for row in rows]
    found.sort(key=_place, reverse=older)
    edges = (at + 1 for at, one in enumerate(found) if one.payment is None)
    return found[: min(limit, next(edges, limit))]


def _place(one: Found) -> tuple[int, int, int]:
    """In the order of the journal."""
    return one.position, one.stream, one.number
