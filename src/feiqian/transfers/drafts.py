"""What a page has asked to confirm, kept under its challenge, so that nothing of it stands in an address.

Decides nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import Connection, Table, delete, insert, select

from feiqian.auth.challenges.model import ChallengeView
from feiqian.clock import DAY, Clock
from feiqian.columns import Sealed
from feiqian.errors import FeiqianError
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CustomerNumber
from feiqian.runtime.sweeping import beyond_newest, remove_some
from feiqian.runtime.transactions import Transactions, reads
from feiqian.subjects import Subject
from feiqian.transfers.errors import PersonTransferNotFound
from feiqian.transfers.model import Asked
from feiqian.transfers.tables import NOTE, begun

KEPT_OF_ONE = 50


class Noted(Protocol):
    """What is asked for, with a note of the sender's."""

    @property
    def note(self) -> str: ...


A = TypeVar("A", bound=Noted)
C = TypeVar("C", contravariant=True)


class Begins(Protocol[C]):
    """A service whose acts are confirmed by a challenge."""

    async def begin(self, subject: Subject, asked: C, language: str, device: str | None) -> ChallengeView: ...


@dataclass(kw_only=True, eq=False, repr=False)
class Drafts(ABC, Generic[A]):
    """Of the pages of one service. `table` has the columns `challenge`, `sender`, `note`, `at`, and those of what is
    asked for; `missing` is raised where nothing is kept."""

    table: ClassVar[Table]
    sealed: ClassVar[Sealed]  # the note
    missing: ClassVar[type[FeiqianError]]

    transactions: Transactions
    clock: Clock
    cipher: FieldCipher
    service: Begins[A]

    @abstractmethod
    def columns(self, asked: A) -> Mapping[str, object]:
        """What is kept of it besides the note."""

    @abstractmethod
    def of_row(self, row: Any, note: str) -> A:
        """The same, read back."""

    async def begin(self, subject: Subject, asked: A, language: str, device: str | None) -> ChallengeView:
        """As the service's `begin`, and keeps what was asked."""
        view = await self.service.begin(subject, asked, language, device)
        await self.transactions.write(self._keep, subject.customer, view.id, asked)
        return view

    @reads
    def asked(self, connection: Connection, sender: CustomerNumber, challenge: str) -> A:
        """What the sender has asked to confirm with this. Raises `missing`."""
        kept = self.table.c
        query = select(self.table).where(kept.challenge == challenge, kept.sender == sender)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise self.missing
        return self.of_row(row, self.sealed.text(self.cipher, row.note, challenge))

    def sweep(self, connection: Connection, now: int, most: int) -> int:
        """Removes what is over."""
        return len(remove_some(connection, self.table, self.table.c.at < now - DAY, most))

    def _keep(self, connection: Connection, sender: CustomerNumber, challenge: str, asked: A) -> None:
        note = self.sealed.seal(self.cipher, asked.note, challenge)
        values = {**self.columns(asked), "challenge": challenge, "sender": sender, "note": note}
        connection.execute(insert(self.table).values(**values, at=self.clock.now()))
        kept = self.table.c
        beyond = beyond_newest(connection, self.table, kept.sender == sender, kept.at, KEPT_OF_ONE)
        connection.execute(delete(self.table).where(beyond))


class TransferDrafts(Drafts[Asked]):
    """Transfers between people."""

    table, sealed, missing = begun, NOTE, PersonTransferNotFound

    def columns(self, asked: Asked) -> Mapping[str, object]:
        number, check, amount, currency, source, _ = asked
        return {"number": number, "check_id": check, "amount": amount, "currency": currency, "source": source}

    def of_row(self, row: Any, note: str) -> Asked:
        return Asked(row.number, row.check_id, row.amount, row.currency, row.source, note)
