"""What becomes of a request through the transfer that pays it. The ledger decides; this only follows it.

It is told at once by who has paid, and again by the journal, whatever happened in between: each fact counts once, in
whatever order. Money that has moved makes a request paid, even where it was withdrawn or ended in the same moment;
money that comes back leaves a request that was answered as it was.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, case, select, update

from feiqian.events import PersonTransferDecided, PersonTransferEnded, PersonTransferStatus
from feiqian.requests.model import RequestStatus
from feiqian.requests.tables import requests

_c = requests.c
_ANSWERED = (RequestStatus.DECLINED, RequestStatus.WITHDRAWN)
_ON_ITS_WAY = (PersonTransferStatus.HELD, PersonTransferStatus.WAITING)


class Settled(NamedTuple):
    """A request that has been paid, or is open again."""

    id: str
    paid: bool


def settled(connection: Connection, fact: PersonTransferDecided | PersonTransferEnded) -> Settled | None:
    """Takes in what became of a transfer; the request that this has paid or opened again, if there is one."""
    return _decided(connection, fact) if isinstance(fact, PersonTransferDecided) else _ended(connection, fact)


def _decided(connection: Connection, fact: PersonTransferDecided) -> Settled | None:
    """One that was made for a request."""
    id, _, attempt = fact.number.partition(".")
    if id != fact.about or not attempt.isdecimal():
        return None
    this = (_c.id == id, _c.asked == fact.sender, _c.asker == fact.receiver)
    if fact.status is PersonTransferStatus.SUCCEEDED:
        return _paid(connection, this, fact.id, fact.created_at)
    now_at = (*this, _c.attempt == int(attempt), _c.status != RequestStatus.PAID)
    if fact.status in _ON_ITS_WAY:
        answered = _c.status.in_(_ANSWERED)
        held = {
            "status": case((answered, _c.status), else_=RequestStatus.HELD),
            "ended_at": case((answered, _c.ended_at), else_=0),
        }
        connection.execute(update(requests).where(*now_at).values(held | {"transfer": fact.id}))
    else:
        connection.execute(update(requests).where(*now_at).values(attempt=int(attempt) + 1))
    return None


def _ended(connection: Connection, fact: PersonTransferEnded) -> Settled | None:
    """Money on its way has arrived, or came back."""
    if fact.status is PersonTransferStatus.SUCCEEDED:
        return _paid(connection, (_c.transfer == fact.id,), fact.id, fact.at)
    this = (_c.transfer == fact.id, _c.status != RequestStatus.PAID)
    found = connection.execute(select(_c.id, _c.status).where(*this)).one_or_none()
    if found is None:
        return None
    status = RequestStatus.OPEN if found.status is RequestStatus.HELD else found.status
    again = {"status": status, "transfer": "", "attempt": _c.attempt + 1}
    connection.execute(update(requests).where(*this).values(again))
    return Settled(found.id, False) if status is RequestStatus.OPEN else None


def _paid(connection: Connection, this: Any, transfer: str, at: int) -> Settled | None:
    unpaid = (*this, _c.status != RequestStatus.PAID)
    id = connection.execute(select(_c.id).where(*unpaid)).scalar()
    if id is None:
        return None
    paid = {"status": RequestStatus.PAID, "transfer": transfer, "ended_at": at}
    connection.execute(update(requests).where(*unpaid).values(paid))
    return Settled(id, True)
