"""What becomes of a request through the transfer that pays it. The ledger decides; this only follows it.

It is told at once by who has paid, and again by the journal, whatever happened in between: each fact counts once, in
whatever order. Money that has moved makes a request paid, even where it was withdrawn or ended in the same moment.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update

from feiqian.events import PersonTransferDecided, PersonTransferEnded, PersonTransferStatus
from feiqian.requests.model import RequestStatus
from feiqian.requests.tables import requests

_c = requests.c
_ON_ITS_WAY = (PersonTransferStatus.HELD, PersonTransferStatus.WAITING)


def settled(connection: Connection, fact: PersonTransferDecided | PersonTransferEnded) -> str:
    """Takes in what became of a transfer; the id of the request that this has paid, "" if there is none."""
    return _decided(connection, fact) if isinstance(fact, PersonTransferDecided) else _ended(connection, fact)


def _decided(connection: Connection, fact: PersonTransferDecided) -> str:
    """One that was made for a request."""
    id, _, attempt = fact.number.partition(".")
    if id != fact.about or not attempt.isdecimal():
        return ""
    this = (_c.id == id, _c.asked == fact.sender, _c.asker == fact.receiver)
    if fact.status is PersonTransferStatus.SUCCEEDED:
        return _paid(connection, this, fact.id, fact.created_at)
    now_at = (*this, _c.attempt == int(attempt), _c.status != RequestStatus.PAID)
    if fact.status in _ON_ITS_WAY:
        held = {"status": RequestStatus.HELD, "transfer": fact.id, "ended_at": 0}
        connection.execute(update(requests).where(*now_at).values(held))
    else:
        connection.execute(update(requests).where(*now_at).values(attempt=int(attempt) + 1))
    return ""


def _ended(connection: Connection, fact: PersonTransferEnded) -> str:
    """Money on its way has arrived, or came back."""
    this = (_c.transfer == fact.id, _c.status == RequestStatus.HELD)
    if fact.status is PersonTransferStatus.SUCCEEDED:
        return _paid(connection, this, fact.id, fact.at)
    again = {"status": RequestStatus.OPEN, "transfer": "", "attempt": _c.attempt + 1}
    connection.execute(update(requests).where(*this).values(again))
    return ""


def _paid(connection: Connection, this: Any, transfer: str, at: int) -> str:
    unpaid = (*this, _c.status != RequestStatus.PAID)
    id = connection.execute(select(_c.id).where(*unpaid)).scalar()
    if id is None:
        return ""
    paid = {"status": RequestStatus.PAID, "transfer": transfer, "ended_at": at}
    connection.execute(update(requests).where(*unpaid).values(paid))
    return str(id)
