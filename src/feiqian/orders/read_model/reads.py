"""The questions that the read model of orders answers. Only reads; lists are bounded, and of one merchant."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, literal_column, select

from feiqian.events import OrderChanged, decode_fact
from feiqian.ids import ORDER, MerchantNumber, is_id
from feiqian.money import MinorUnits
from feiqian.projections import aside
from feiqian.projections.database import Database
from feiqian.projections.errors import CursorInvalid
from feiqian.projections.read_model import EVERYBODY
from feiqian.projections.reads import Reads, at_once, in_a_thread

from .projection import NAME
from .tables import UNENDED, order_events, order_keys, orders

PAGE = 1000  # of those that are taken up at the start
_c, _e, _k = orders.c, order_events.c, order_keys.c
_FACT = select(_c.fact)
_BY_ID = _FACT.where(_c.id == bindparam("id"))
_BY_HOLD = _FACT.where(_c.hold == bindparam("hold"))
_BY_KEY = (
    select(_c.fact)
    .join(order_keys, _k.order_id == _c.id)
    .where(_k.merchant == bindparam("merchant"), _k.key == bindparam("key"))
)
_unended: ColumnElement[bool] = literal_column(UNENDED)
_UNENDED = _FACT.where(_unended, _c.id > bindparam("after")).order_by(_c.id).limit(literal_column(str(PAGE)))
_OF = _FACT.where(_c.merchant == bindparam("merchant")).order_by(_c.id.desc()).limit(bindparam("limit"))
_EVENTS = select(_e.version, _e.event, _e.at).where(_e.order_id == bindparam("id")).order_by(_e.version)


class Wanted(NamedTuple):
    """Which of a merchant's orders; times in Unix microseconds, amounts in minor units, both ends of these included;
    `search`: how their numbers begin."""

    status: str | None = None
    created_from: int | None = None
    created_before: int | None = None
    search: str | None = None
    least: MinorUnits | None = None
    most: MinorUnits | None = None


def by_id(db: Database, id: str) -> OrderChanged | None:
    """The newest change of the order of this id, whoever's it is."""
    return _fact(db.one(_BY_ID, id=id))


def by_hold(db: Database, hold: bytes) -> OrderChanged | None:
    """As `by_id`, by what names it in the engine."""
    return _fact(db.one(_BY_HOLD, hold=hold))


def by_key(db: Database, merchant: MerchantNumber, key: str) -> OrderChanged | None:
    """The merchant's order that a request with this `Idempotency-Key` was about."""
    return _fact(db.one(_BY_KEY, merchant=merchant, key=key))


def unended(db: Database, after: str = "") -> list[OrderChanged]:
    """At most PAGE orders that are open or authorised, of all merchants, by id, those after this one."""
    return [fact for row in db.all(_UNENDED, after=after) if (fact := _fact(row)) is not None]


def newest(
    db: Database, merchant: MerchantNumber, cursor: str | None, limit: int, wanted: Wanted
) -> tuple[list[OrderChanged], str | None]:
    """A page of the merchant's orders, newest first, and the cursor of the next page (None: there is none).

    A cursor is an order's id; another merchant's leads to nothing of theirs. Raises CursorInvalid.
    """
    query, asked = _OF, {"merchant": merchant, "limit": limit + 1}
    if cursor is not None:
        if not is_id(ORDER, cursor):
            raise CursorInvalid("this is no cursor of a list of orders")
        query = query.where(_c.id < bindparam("before"))
        asked["before"] = cursor  # type: ignore[assignment]
    values: dict[str, Any] = dict(asked)
    if wanted.status is not None:
        query = query.where(_c.status == bindparam("status"))
        values["status"] = wanted.status
    if wanted.created_from is not None:
        query = query.where(_c.created_at >= bindparam("from"))
        values["from"] = wanted.created_from
    if wanted.created_before is not None:
        query = query.where(_c.created_at < bindparam("until"))
        values["until"] = wanted.created_before
    if wanted.search is not None:
        query = query.where(_c.merchant_order >= bindparam("begin"), _c.merchant_order < bindparam("end"))
        values |= {"begin": wanted.search, "end": wanted.search + "\x7f"}
    if wanted.least is not None:
        query = query.where(_c.amount >= bindparam("least"))
        values["least"] = wanted.least
    if wanted.most is not None:
        query = query.where(_c.amount <= bindparam("most"))
        values["most"] = wanted.most
    facts = [fact for row in db.all(query, **values) if (fact := _fact(row)) is not None]
    return facts[:limit], facts[limit - 1].id if len(facts) > limit else None


def events(db: Database, id: str) -> list[tuple[int, str, int]]:
    """What has happened to an order, oldest first: version, event, when (Unix microseconds)."""
    return [(int(version), str(event), int(at)) for version, event, at in db.all(_EVENTS, id=id)]


def incomplete(db: Database) -> bool:
    """Whether something was set aside that may be an order of anybody's."""
    return aside.is_incomplete(db, NAME, EVERYBODY)


def _fact(row: tuple[Any, ...] | None) -> OrderChanged | None:
    if row is None:
        return None
    fact = decode_fact(row[0])
    assert isinstance(fact, OrderChanged)
    return fact


class OrderReads(Reads):
    """See `Reads`; what each question means is said above."""

    model, pool_name = NAME, "orders_reads"

    by_id = at_once(by_id)
    by_hold = at_once(by_hold)
    by_key = at_once(by_key)
    unended = in_a_thread(unended)
    newest = in_a_thread(newest)
    events = in_a_thread(events)
    incomplete = at_once(incomplete)
