"""What a page has asked to confirm, kept under its challenge, so that nothing of it stands in an address."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from feiqian.auth.challenges.model import ChallengeView
from feiqian.clock import DAY, Clock
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CustomerNumber
from feiqian.packets.errors import PacketNotFound
from feiqian.packets.model import Asked, Mode
from feiqian.packets.service import Packets
from feiqian.packets.tables import NOTE, begun
from feiqian.runtime.sweeping import beyond_newest, remove_some
from feiqian.runtime.transactions import Transactions, reads
from feiqian.subjects import Subject

KEPT_OF_ONE = 50
_c = begun.c


@dataclass(kw_only=True, eq=False, repr=False)
class PacketDrafts:
    """Of the pages of one bank."""

    transactions: Transactions
    clock: Clock
    cipher: FieldCipher
    packets: Packets

    async def begin(self, subject: Subject, asked: Asked, language: str, device: str | None) -> ChallengeView:
        """As `Packets.begin`, and keeps what was asked."""
        view = await self.packets.begin(subject, asked, language, device)
        await self.transactions.write(self._keep, subject.customer, view.id, asked)
        return view

    @reads
    def asked(self, connection: Connection, sender: CustomerNumber, challenge: str) -> Asked:
        """What the sender has asked to confirm with this. Raises PacketNotFound."""
        row = connection.execute(select(begun).where(_c.challenge == challenge, _c.sender == sender)).one_or_none()
        if row is None:
            raise PacketNotFound
        note = NOTE.text(self.cipher, row.note, challenge)
        what = row.number, row.amount, row.currency, row.shares, Mode(row.mode), row.check_id, row.source
        return Asked(*what, note)

    def sweep(self, connection: Connection, now: int, most: int) -> int:
        """Removes what is over."""
        return len(remove_some(connection, begun, _c.at < now - DAY, most))

    def _keep(self, connection: Connection, sender: CustomerNumber, challenge: str, asked: Asked) -> None:
        values = asked._asdict() | {"check_id": asked.check, "note": NOTE.seal(self.cipher, asked.note, challenge)}
        del values["check"]
        connection.execute(insert(begun).values(**values, challenge=challenge, sender=sender, at=self.clock.now()))
        beyond = beyond_newest(connection, begun, _c.sender == sender, _c.at, KEPT_OF_ONE)
        connection.execute(delete(begun).where(beyond))
