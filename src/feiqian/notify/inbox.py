"""The inbox: what phones and mailboxes would have received, kept instead of sent. For banks in test mode only."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select

from feiqian.clock import Clock
from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.notify.model import Channel, Delivered, Outgoing
from feiqian.notify.tables import inbox
from feiqian.runtime.transactions import Transactions, reads, writes
from feiqian.runtime.work import Work
from feiqian.subjects import Role, Subject

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
        """Keeps it; sent twice it is here once."""
        plain = msgspec.json.encode(_Sealed(outgoing.address, outgoing.subject, outgoing.text))
        values: dict[str, Any] = {"id": outgoing.id, "role": outgoing.to.role, "number": outgoing.to.number}
        values |= {"channel": outgoing.channel, "kind": outgoing.kind, "language": outgoing.language}
        values |= {"sealed": self._cipher.seal(plain, _context(outgoing.id)), "at": self._clock.now()}
        connection.execute(delete(inbox).where(_c.id == outgoing.id))
        connection.execute(inbox.insert().values(values))
        self._thin(connection)

    async def close(self) -> None:
        """Nothing is open."""

    @reads
    def read(self, connection: Connection, limit: int, subject: Subject | None = None) -> list[Delivered]:
        """The newest messages (of somebody), the newest first."""
        found = select(inbox).order_by(_c.id.desc()).limit(limit)
        if subject is not None:
            found = found.where(_c.role == subject.role, _c.number == subject.number)
        return [self._delivered(row) for row in connection.execute(found)]

    def read_now(self, limit: int, subject: Subject | None = None) -> list[Delivered]:
        """`read`, blocking."""
        return self.transactions.read_now(self.read.within, limit, subject)

    def _thin(self, connection: Connection) -> None:
        oldest = select(_c.id).order_by(_c.id.desc()).offset(self._newest - 1).limit(1)
        if id := connection.execute(oldest).scalar():
            connection.execute(delete(inbox).where(_c.id < id))

    def _delivered(self, row: Any) -> Delivered:
        plain = msgspec.json.decode(self._cipher.open(row.sealed, _context(row.id)), type=_Sealed)
        to, channel = Subject(Role(row.role), row.number), Channel(row.channel)
        words = (plain.address, row.kind, row.language, plain.subject, plain.text)
        return Delivered(row.id, to, channel, *words, row.at)


def _context(id: str) -> str:
    return f"notify_inbox/sealed/{id}"
