"""Pages of a list that grows: which rows stand before or after one that was shown, however many came meanwhile.

A cursor is the key of a page's row at its edge: it says nothing that the page did not, and stays good when that row has
left the list. Each page costs so many rows of an index, wherever in the list it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, literal, select, tuple_

T = TypeVar("T")
U = TypeVar("U")
LONGEST_CURSOR = 40


class Ask(NamedTuple):
    """Which page: rows older than the one of this key (`before`), or newer (`after`); of neither the first."""

    before: str = ""
    after: str = ""


FIRST = Ask()


def asked(ask: Ask) -> dict[str, str]:
    """Which page it was, for the audit log, which keeps every look at a list."""
    return {name: cursor[:LONGEST_CURSOR] for name, cursor in ask._asdict().items() if cursor}


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Rows in the list's order, and the cursors of the pages beside: "" where nothing more is."""

    items: Sequence[T]
    older: str = ""  # to ask for `before`
    newer: str = ""  # to ask for `after`

    def of(self, items: Sequence[U]) -> Page[U]:
        """The same page, of what was made of its rows."""
        return Page(items, self.older, self.newer)


class Order(NamedTuple):
    """How a list is ordered: by columns of which the last is its key, which is unique and not below nothing."""

    columns: Sequence[ColumnElement[Any]]
    newest_first: bool = True

    @property
    def key(self) -> ColumnElement[Any]:
        return self.columns[-1]


def page_of(connection: Connection, rows: Select[Any], order: Order, ask: Ask, limit: int) -> Page[Any]:
    """A page of `rows`, which have no order yet. An `ask` that names no row, or the last, is for the first page."""
    place = _place(connection, order, ask.before or ask.after)
    older = order.newest_first if place is None else bool(ask.before)
    found = _beside(connection, rows, order, place, older, limit + 1)
    if place is not None and not found:
        return page_of(connection, rows, order, FIRST, limit)
    more, shown = len(found) > limit, found[:limit]
    if not shown:
        return Page(())
    less = place is not None and _beside(connection, rows, order, _values(order, shown[0]), not older, 1)
    onwards = str(shown[-1]._mapping[order.key]) if more else ""
    back = str(shown[0]._mapping[order.key]) if less else ""
    items = shown if older == order.newest_first else shown[::-1]
    return Page(items, onwards, back) if older else Page(items, back, onwards)


def _place(connection: Connection, order: Order, cursor: str) -> tuple[Any, ...] | None:
    """Where in the list the row of this key stands, or stood."""
    if not 0 < len(cursor) <= LONGEST_CURSOR:
        return None
    if order.key.type.python_type is not int:
        key: Any = cursor
    elif cursor.isascii() and cursor.isdecimal() and int(cursor) < 2**63:
        key = int(cursor)
    else:
        return None
    if len(order.columns) == 1:
        return (key,)
    row = connection.execute(select(*order.columns).where(order.key == key)).first()
    return None if row is None else tuple(row)


def _beside(
    connection: Connection,
    rows: Select[Any],
    order: Order,
    place: tuple[Any, ...] | None,
    older: bool,
    limit: int,
) -> Sequence[Row[Any]]:
    """The nearest rows on one side of a place, the nearest first; of no place from that side's end."""
    if place is not None:
        values = (literal(value, column.type) for value, column in zip(place, order.columns, strict=True))
        here, there = tuple_(*order.columns), tuple_(*values)
        rows = rows.where(here < there if older else here > there)
    ordered = rows.order_by(*(column.desc() if older else column.asc() for column in order.columns))
    return connection.execute(ordered.limit(limit)).all()


def _values(order: Order, row: Row[Any]) -> tuple[Any, ...]:
    return tuple(row._mapping[column] for column in order.columns)
