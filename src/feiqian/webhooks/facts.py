"""Facts that later ones refer to without repeating them: kept for whoever tells of those, in the bank's database."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import Connection, delete, insert, select

from feiqian.clock import DAY
from feiqian.events import Fact, decode_fact, encode_fact
from feiqian.webhooks.tables import facts

KEEP = 7 * DAY  # after its time: what comes of it may be told late
T = TypeVar("T")
_c = facts.c


def keep(connection: Connection, id: str, fact: Fact, until: int, now: int) -> None:
    """Keeps it beyond that time, once; drops what was kept long enough. Unix microseconds."""
    connection.execute(delete(facts).where(_c.keep_until <= now))
    if connection.execute(select(_c.id).where(_c.id == id)).first() is None:
        connection.execute(insert(facts).values(id=id, fact=encode_fact(fact), keep_until=until + KEEP))


def kept(connection: Connection, id: str, kind: type[T]) -> T:
    """Raises LookupError for what is not kept, or is of another kind."""
    fact = connection.execute(select(_c.fact).where(_c.id == id)).scalar()
    found = None if fact is None else decode_fact(bytes(fact))
    if not isinstance(found, kind):
        raise LookupError(f"{id} is not kept")
    return found
