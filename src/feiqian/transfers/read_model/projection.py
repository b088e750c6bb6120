"""Writes what journal rows add to the read model of transfers between people. It looks at facts, and at no record."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import func, select

from feiqian.events import PersonTransferDecided, PersonTransferEnded, PersonTransferStatus
from feiqian.ids import NO_CUSTOMER
from feiqian.projections.database import Database, Values
from feiqian.projections.read_model import Kinds, Part
from feiqian.projections.taken import facts_of

from .tables import sides, transfers

NAME = "transfers"
_SUCCEEDED = PersonTransferStatus.SUCCEEDED
_NUMBER = "SELECT no, position FROM person_transfers WHERE id = :id"
_END = """
UPDATE person_transfers SET status = :status, receiver = :receiver, ended_at = :at, moved = :moved WHERE no = :no"""
_MOVED = "UPDATE person_transfer_sides SET unmoved = 0 WHERE no = :no"


class PersonTransfersProjection:
    """See `projections.read_model.Projection`."""

    kinds: ClassVar[Kinds] = (PersonTransferDecided, PersonTransferEnded)

    def __init__(self, db: Database) -> None:
        self._db = db
        self._last: int | None = None  # the last number that was given

    def begin(self, seconds: int, day: int) -> None:
        self.moment: tuple[int, int] = seconds, day
        if self._last is None:
            row = self._db.one(select(func.max(transfers.c.no)))
            self._last = int(row[0] or 0) if row else 0
        self._rows: list[Values] = []
        self._sides: list[Values] = []
        self._ends: list[PersonTransferEnded] = []

    def add(self, position: int, records: bytes, facts: list[bytes]) -> None:
        for fact, blob in facts_of(self.kinds, facts):
            if isinstance(fact, PersonTransferDecided):
                self._decided(position, fact, blob)
            elif isinstance(fact, PersonTransferEnded):
                self._ends.append(fact)

    def _decided(self, position: int, fact: PersonTransferDecided, blob: bytes) -> None:
        assert self._last is not None, "a step has begun"
        self._last = no = self._last + 1
        moved = fact.status is _SUCCEEDED
        ids = no, position, fact.id, fact.transfer, fact.transfer if moved else None
        self._rows.append((*ids, fact.sender, fact.receiver, fact.amount, fact.status.value, 0, blob))
        self._sides.append((fact.sender, no, position, int(not moved)))
        if moved:  # of what was declined the other side hears nothing
            self._sides.append((fact.receiver, no, position, 0))

    def write(self) -> None:
        self._db.insert(transfers, self._rows)
        self._db.insert(sides, self._sides)
        for fact in self._ends:
            self._end(fact)

    def _end(self, fact: PersonTransferEnded) -> None:
        row = self._db.one(_NUMBER, id=fact.id)
        if row is None:  # its beginning was set aside
            return
        moved = fact.status is _SUCCEEDED and fact.receiver != NO_CUSTOMER
        values = {"status": fact.status.value, "receiver": fact.receiver, "at": fact.at}
        self._db.change(_END, moved=fact.transfer if moved else None, no=row[0], **values)
        if moved:
            self._db.change(_MOVED, no=row[0])
            self._db.insert(sides, [(fact.receiver, row[0], row[1], 0)])

    def forget(self) -> None:
        self._last = None

    def parts(self, records: bytes, facts: list[bytes]) -> list[Part]:
        return [Part(b"", [blob]) for blob in facts]

    def concerned(self, part: Part) -> set[str]:
        """Nobody whom one could name: a fact that is not understood may be anybody's."""
        return set()
