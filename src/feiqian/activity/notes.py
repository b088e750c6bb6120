"""A customer's own notes on movements: for nobody else, sealed at rest."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from feiqian.activity.errors import NoteInvalid
from feiqian.activity.tables import NOTE, notes
from feiqian.clock import Clock
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CustomerNumber
from feiqian.runtime.locks import lock
from feiqian.runtime.transactions import Transactions, reads, writes
from feiqian.strings.normal import comparison

LONGEST_NOTE = 200
NOTES_OF_ONE = 2_000
_c = notes.c


@dataclass(kw_only=True, eq=False, repr=False)
class Notes:
    """The caller has made sure that a movement is the customer's."""

    transactions: Transactions
    clock: Clock
    cipher: FieldCipher

    @writes
    def put(self, connection: Connection, customer: CustomerNumber, movement: str, note: str) -> None:
        """Keeps the note in place of what there was; none takes it away. Raises NoteInvalid."""
        lock(connection, f"notes of customer {customer}")
        note = note.strip() if comparison(note).strip() else ""
        if len(note) > LONGEST_NOTE:
            raise NoteInvalid(f"a note has at most {LONGEST_NOTE} letters")
        of_it = (_c.customer == customer) & (_c.movement == movement)
        if not note:
            connection.execute(delete(notes).where(of_it))
            return
        values = {"note": NOTE.seal(self.cipher, note, f"{customer}/{movement}"), "at": self.clock.now()}
        if connection.execute(update(notes).where(of_it).values(values)).rowcount:
            return
        if connection.execute(select(func.count()).where(_c.customer == customer)).scalar_one() >= NOTES_OF_ONE:
            raise NoteInvalid(f"at most {NOTES_OF_ONE} notes are kept")
        connection.execute(insert(notes).values(customer=customer, movement=movement, **values))

    @reads
    def of(self, connection: Connection, customer: CustomerNumber, movements: Collection[str]) -> dict[str, str]:
        """The notes on some movements (a page of them), by their ids."""
        return self._where(connection, customer, movements)

    @reads
    def all_of(self, connection: Connection, customer: CustomerNumber) -> dict[str, str]:
        """All notes of a customer, for a search."""
        return self._where(connection, customer, None)

    def _where(
        self, connection: Connection, customer: CustomerNumber, movements: Collection[str] | None
    ) -> dict[str, str]:
        query = select(_c.movement, _c.note).where(_c.customer == customer)
        if movements is not None:
            query = query.where(_c.movement.in_(movements))
        rows = connection.execute(query)
        return {id: NOTE.text(self.cipher, sealed, f"{customer}/{id}") for id, sealed in rows}
