"""The questions that the read model of transfers between people answers. Only reads; the customer is part of each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Select, and_, bindparam, func, or_, select, text

from feiqian.events import PersonTransferDecided, PersonTransferStatus, decode_fact
from feiqian.ids import CustomerNumber
from feiqian.projections import aside
from feiqian.projections.database import Database, numbered, several
from feiqian.projections.read_model import EVERYBODY
from feiqian.projections.reads import Reads, at_once, in_a_thread

from .projection import NAME
from .tables import UNENDED, UNMOVED, sides, transfers

_t, _s = transfers.c, sides.c
_COLUMNS = (_t.fact, _t.status, _t.receiver, _t.ended_at, _t.position, _t.no)
_OF = select(*_COLUMNS).join(sides, _s.no == _t.no).where(_s.customer == bindparam("customer"))
_BY_ID = _OF.where(_t.id == bindparam("id"))
_BY_TRANSFER = select(_t.fact).where(_t.transfer == bindparam("transfer"))
_ORDERED = _OF.order_by(_s.no.desc()).limit(bindparam("limit"))
_OLDER = _ORDERED.where(_s.no < bindparam("before"))
_AT: BindParameter[int] = bindparam("position")
_NUMBER: BindParameter[int] = bindparam("before")
_UNMOVED = (
    _OF.where(text(UNMOVED), or_(_s.position < _AT, and_(_s.position == _AT, _s.no < _NUMBER)))
    .order_by(_s.position.desc(), _s.no.desc())
    .limit(bindparam("limit"))
)
_SENT = (
    select(func.count(), func.max(_t.amount))
    .where(_t.sender == bindparam("sender"), _t.receiver == bindparam("receiver"))
    .where(_t.status == PersonTransferStatus.SUCCEEDED.value)
)
_UNENDED = select(*_COLUMNS).where(text(UNENDED), _t.no > bindparam("after")).order_by(_t.no).limit(500)
_NO = select(_t.no).where(_t.id == bindparam("id"))
_BEYOND = 2**63 - 1


class Shown(NamedTuple):
    """A transfer as it is now. `receiver` has it by now; `ended_at` in Unix microseconds, 0: at once, or not yet."""

    fact: PersonTransferDecided
    status: PersonTransferStatus
    receiver: CustomerNumber
    ended_at: int
    position: int = 0  # of the journal row that decided it
    no: int = 0  # in the journal's order


def as_decided(fact: PersonTransferDecided) -> Shown:
    """As it was at first."""
    return Shown(fact, fact.status, fact.receiver, 0)


class SentBefore(NamedTuple):
    """What one customer has sent another before: how often, and the largest in minor units."""

    times: int
    largest: int


def by_id(db: Database, customer: CustomerNumber, id: str) -> Shown | None:
    """The transfer of this public id, if the customer is one of its sides."""
    row = db.one(_BY_ID, customer=customer, id=id)
    return None if row is None else _shown(row)


def by_transfer(db: Database, transfer: bytes) -> PersonTransferDecided | None:
    """The transfer of this id in the ledger, whoever's it is."""
    row = db.one(_BY_TRANSFER, transfer=transfer)
    return None if row is None else _fact(row[0])


def by_moved(db: Database, ids: Sequence[bytes]) -> dict[bytes, Shown]:
    """Those that these transfers of the ledger have moved, by their ids."""
    if not ids:
        return {}
    rows = db.all(_several(len(ids)), **numbered("moved", ids))
    return {bytes(row[0]): _shown(row[1:]) for row in rows}


def newest(db: Database, customer: CustomerNumber, before: str = "", limit: int = 20) -> tuple[list[Shown], str]:
    """A page of those the customer has sent or received, newest first: those before this id, and the id to ask for the
    next by. "" is none of both."""
    row = db.one(_NO, id=before) if before else None
    before_no = _BEYOND if row is None else int(row[0])
    found = [_shown(row) for row in db.all(_OLDER, customer=customer, before=before_no, limit=limit + 1)]
    return found[:limit], found[limit - 1].fact.id if len(found) > limit else ""


def unmoved(db: Database, customer: CustomerNumber, before: tuple[int, int], limit: int) -> list[Shown]:
    """Those of the customer's that no entry tells of, newest first, whose (position, number) is below this."""
    position, number = before
    rows = db.all(_UNMOVED, customer=customer, position=position, before=number, limit=limit)
    return [_shown(row) for row in rows]


def sent_before(db: Database, sender: CustomerNumber, receiver: CustomerNumber) -> SentBefore:
    """What has reached this receiver from this sender."""
    row = db.one(_SENT, sender=sender, receiver=receiver)
    assert row is not None
    return SentBefore(int(row[0]), int(row[1] or 0))


def unended(db: Database, after: int) -> list[Shown]:
    """Some of those that are held or wait, of everybody, whose number is above this; in the journal's order."""
    return [_shown(row) for row in db.all(_UNENDED, after=after)]


def incomplete(db: Database) -> bool:
    """Whether something was set aside that may be a transfer of anybody's."""
    return aside.is_incomplete(db, NAME, EVERYBODY)


@lru_cache
def _several(count: int) -> Select[Any]:
    return select(_t.moved, *_COLUMNS).where(_t.moved.in_(several("moved", count)))


def _fact(blob: bytes) -> PersonTransferDecided:
    fact = decode_fact(blob)
    assert isinstance(fact, PersonTransferDecided)
    return fact


def _shown(row: Any) -> Shown:
    return Shown(_fact(row[0]), PersonTransferStatus(row[1]), CustomerNumber(row[2]), *map(int, row[3:6]))


class PersonTransferReads(Reads):
    """See `Reads`; what each question means is said above."""

    model, pool_name = NAME, "transfers_reads"

    by_id = at_once(by_id)
    by_transfer = at_once(by_transfer)
    by_moved = in_a_thread(by_moved)
    newest = in_a_thread(newest)
    unmoved = in_a_thread(unmoved)
    sent_before = at_once(sent_before)
    unended = in_a_thread(unended)
    incomplete = at_once(incomplete)
