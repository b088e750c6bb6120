"""What a page has asked to confirm, kept under its challenge, so that no note stands in an address. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from feiqian.auth.challenges.model import ChallengeView
from feiqian.clock import DAY, Clock
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CustomerNumber
from feiqian.runtime.sweeping import beyond_newest, remove_some
from feiqian.runtime.transactions import Transactions, reads
from feiqian.subjects import Subject
from feiqian.transfers.errors import PersonTransferNotFound
from feiqian.transfers.model import Asked
from feiqian.transfers.service import PersonTransfers
from feiqian.transfers.tables import NOTE, begun

KEPT_OF_ONE = 50
_c = begun.c


@dataclass(kw_only=True, eq=False, repr=False)
class Drafts:
    """Of the pages of one bank."""

    transactions: Transactions
    clock: Clock
    cipher: FieldCipher
    transfers: PersonTransfers

    async def begin(self, subject: Subject, asked: Asked, language: str, device: str | None) -> ChallengeView:
        """As `PersonTransfers.begin`, and keeps what was asked."""
        view = await self.transfers.begin(subject, asked, language, device)
        await self.transactions.write(self._keep, subject.customer, view.id, asked)
        return view

    @reads
    def asked(self, connection: Connection, sender: CustomerNumber, challenge: str) -> Asked:
        """What the sender has asked to confirm with this. Raises PersonTransferNotFound."""
        row = connection.execute(select(begun).where(_c.challenge == challenge, _c.sender == sender)).one_or_none()
        if row is None:
            raise PersonTransferNotFound
        note = NOTE.text(self.cipher, row.note, challenge)
        return Asked(row.number, row.check_id, row.amount, row.currency, row.source, note)

    def sweep(self, connection: Connection, now: int, most: int) -> int:
        """Removes what is over."""
        return len(remove_some(connection, begun, _c.at < now - DAY, most))

    def _keep(self, connection: Connection, sender: CustomerNumber, challenge: str, asked: Asked) -> None:
        number, check, amount, currency, source, note = asked
        values = {"challenge": challenge, "sender": sender, "number": number, "check_id": check, "amount": amount}
        values |= {"currency": currency, "source": source, "at": self.clock.now()}
        connection.execute(insert(begun).values(**values, note=NOTE.seal(self.cipher, note, challenge)))
        beyond = beyond_newest(connection, begun, _c.sender == sender, _c.at, KEPT_OF_ONE)
        connection.execute(delete(begun).where(beyond))
