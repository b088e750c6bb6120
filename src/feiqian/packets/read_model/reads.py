"""The questions that the read model of red packets answers. Only reads; the customer is part of nearly each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Select, and_, bindparam, null, or_, select, text

from feiqian.events import PacketMade, PacketStatus, decode_fact
from feiqian.ids import NO_CUSTOMER, CustomerNumber
from feiqian.money import MinorUnits
from feiqian.projections import aside
from feiqian.projections.database import Database, numbered, several
from feiqian.projections.read_model import EVERYBODY
from feiqian.projections.reads import Reads, at_once, in_a_thread

from .projection import NAME
from .tables import UNMOVED, packets, sides, takes

_p, _s, _t = packets.c, sides.c, takes.c
_STATE = (_p.fact, _p.taken, _p.given, _p.returned, _p.position, _p.no)
_OF = select(*_STATE, _s.own).join(sides, _s.no == _p.no).where(_s.customer == bindparam("customer"))
_BY_ID = _OF.where(_p.id == bindparam("id"))
_SHARED = select(*_STATE, null()).where(
    _p.id == bindparam("id"), _p.receiver == NO_CUSTOMER, _p.status == PacketStatus.OPEN.value
)
_BY_FILLED = select(_p.fact).where(_p.transfer == bindparam("transfer"))
_ORDERED = _OF.order_by(_s.no.desc()).limit(bindparam("limit"))
_OLDER = _ORDERED.where(_s.no < bindparam("before"))
_AT: BindParameter[int] = bindparam("position")
_NUMBER: BindParameter[int] = bindparam("before")
_UNMOVED = (
    _OF.where(text(UNMOVED), or_(_s.position < _AT, and_(_s.position == _AT, _s.no < _NUMBER)))
    .order_by(_s.position.desc(), _s.no.desc())
    .limit(bindparam("limit"))
)
_TAKES = select(_t.taker, _t.place, _t.amount, _t.at).where(_t.no == bindparam("no")).order_by(_t.place)
_NO = select(_p.no).where(_p.id == bindparam("id"))
_BEYOND = 2**63 - 1


class Shown(NamedTuple):
    """A packet as it is now. `own`: what the customer who asks has taken of it, None: nothing (yet)."""

    fact: PacketMade
    taken: int
    given: MinorUnits
    returned: MinorUnits
    position: int  # of the journal row that made it
    no: int  # in the journal's order
    own: MinorUnits | None


class Take(NamedTuple):
    """A share that was taken."""

    taker: CustomerNumber
    place: int
    amount: MinorUnits
    at: int


def by_id(db: Database, customer: CustomerNumber, id: str) -> Shown | None:
    """The packet of this public id, if the customer may see it without its link."""
    row = db.one(_BY_ID, customer=customer, id=id)
    return None if row is None else _shown(row)


def shared(db: Database, id: str) -> Shown | None:
    """The packet of this id, if it is for whoever has its link."""
    row = db.one(_SHARED, id=id)
    return None if row is None else _shown(row)


def by_filled(db: Database, transfer: bytes) -> PacketMade | None:
    """The packet that this transfer of the ledger was to fill, whoever's it is."""
    row = db.one(_BY_FILLED, transfer=transfer)
    return None if row is None else _fact(row[0])


def by_moved(db: Database, customer: CustomerNumber, ids: Sequence[bytes]) -> dict[bytes, Shown]:
    """The customer's packets that these transfers of the ledger have filled, given a share of or returned."""
    if not ids:
        return {}
    found: dict[bytes, Shown] = {}
    for query in _several(len(ids)):
        rows = db.all(query, customer=customer, **numbered("moved", ids))
        found |= {bytes(row[-1]): _shown(row[:-1]) for row in rows}
    return found


def takes_of(db: Database, no: int) -> list[Take]:
    """Who has taken what of it, in their order."""
    rows = db.all(_TAKES, no=no)
    return [Take(CustomerNumber(row[0]), int(row[1]), MinorUnits(row[2]), int(row[3])) for row in rows]


def newest(db: Database, customer: CustomerNumber, before: str = "", limit: int = 20) -> tuple[list[Shown], str]:
    """A page of those the customer has made, taken from or is to take, newest first: those before this id, and the id
    to ask for the next by. "" is none of both."""
    row = db.one(_NO, id=before) if before else None
    before_no = _BEYOND if row is None else int(row[0])
    found = [_shown(row) for row in db.all(_OLDER, customer=customer, before=before_no, limit=limit + 1)]
    return found[:limit], found[limit - 1].fact.id if len(found) > limit else ""


def unmoved(db: Database, customer: CustomerNumber, before: tuple[int, int], limit: int) -> list[Shown]:
    """Those of the customer's that were declined, newest first, whose (position, number) is below this."""
    position, number = before
    rows = db.all(_UNMOVED, customer=customer, position=position, before=number, limit=limit)
    return [_shown(row) for row in rows]


def incomplete(db: Database) -> bool:
    """Whether something was set aside that may be a packet of anybody's."""
    return aside.is_incomplete(db, NAME, EVERYBODY)


@lru_cache
def _several(count: int) -> tuple[Select[Any], ...]:
    ids = several("moved", count)
    filled = _OF.add_columns(_p.transfer).where(_p.transfer.in_(ids))
    back = _OF.add_columns(_p.back).where(_p.back.in_(ids))
    taken = _OF.join(takes, _t.no == _p.no).add_columns(_t.transfer).where(_t.transfer.in_(ids))
    return filled, back, taken


def _fact(blob: bytes) -> PacketMade:
    fact = decode_fact(blob)
    assert isinstance(fact, PacketMade)
    return fact


def _shown(row: Any) -> Shown:
    own = None if row[6] is None else MinorUnits(row[6])
    given, returned = MinorUnits(row[2]), MinorUnits(row[3])
    return Shown(_fact(row[0]), int(row[1]), given, returned, int(row[4]), int(row[5]), own)


class PacketReads(Reads):
    """See `Reads`; what each question means is said above."""

    model, pool_name = NAME, "packets_reads"

    by_id = at_once(by_id)
    shared = at_once(shared)
    by_filled = at_once(by_filled)
    by_moved = in_a_thread(by_moved)
    takes = in_a_thread(takes_of)
    newest = in_a_thread(newest)
    unmoved = in_a_thread(unmoved)
    incomplete = at_once(incomplete)
