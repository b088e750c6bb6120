"""The inbox: what phones and mailboxes would have received, kept instead of sent. For banks in test mode only."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select

from feiqian.clock import Clock
from feiqian.columns import SUBJECT
from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.notify.model import Delivered, Outgoing
from feiqian.notify.tables import RECEIVED, inbox
from feiqian.runtime.transactions import Transactions, reads, writes
from feiqian.runtime.work import Work
from feiqian.subjects import Subject

NEWEST = 500  # messages that are kept
_c = inbox.c


class _Sealed(msgspec.Struct):
    address: str
    subject: str
    text: str


class Inbox:
    """An adapter for any channel. Its texts are sealed like everything else that is personal."""

    def __init__(self, db: BankDb, cipher: FieldCipher, clock: Clock, work: Work, newest: int = NEWEST) -> None:
        self._cipher, self._clock, self._newest = cipher, clock, newest
        self.transactions = Transactions(db, work)

    @writes
    def send(self, connection: Connection, outgoing: Outgoing) -> None:
        plain = msgspec.json.encode(_Sealed(outgoing.address, outgoing.subject, outgoing.text))
        values: dict[str, Any] = {"id": outgoing.id} | SUBJECT.values(outgoing.to)
        values |= {"channel": outgoing.channel, "kind": outgoing.kind, "language": outgoing.language}
        values |= {"sealed": RECEIVED.seal(self._cipher, plain, outgoing.id), "at": self._clock.now()}
        connection.execute(delete(inbox).where(_c.id == outgoing.id))  # sent twice is here once
        connection.execute(inbox.insert().values(values))
        self._thin(connection)

    async def close(self) -> None:
        """Nothing is open."""

    @reads
    def read(self, connection: Connection, limit: int, subject: Subject | None = None) -> list[Delivered]:
        """The newest messages (of somebody), the newest first."""
        found = select(inbox).order_by(_c.id.desc()).limit(limit)
        if subject is not None:
            found = found.where(SUBJECT.are(inbox, subject))
        return [self._delivered(row) for row in connection.execute(found)]

    def read_now(self, limit: int, subject: Subject | None = None) -> list[Delivered]:
        """`read`, blocking."""
        return self.transactions.read_now(self.read.within, limit, subject)

    def _thin(self, connection: Connection) -> None:
        oldest = select(_c.id).order_by(_c.id.desc()).offset(self._newest - 1).limit(1)
        if id := connection.execute(oldest).scalar():
            connection.execute(delete(inbox).where(_c.id < id))

    def _delivered(self, row: Any) -> Delivered:
        plain = msgspec.json.decode(RECEIVED.open(self._cipher, row.sealed, row.id), type=_Sealed)
        words = (plain.address, row.kind, row.language, plain.subject, plain.text)
        return Delivered(row.id, SUBJECT.of(row), row.channel, *words, row.at)
