"""Writes what journal rows add to the read model of own transfers. It looks at facts, and at no record."""

from __future__ import annotations

from typing import ClassVar

from feiqian.events import OwnTransferDecided
from feiqian.projections.database import Database, Values
from feiqian.projections.read_model import Kinds, Part
from feiqian.projections.taken import facts_of

from .tables import own_transfers

NAME = "deposits"


class TransfersProjection:
    """See `projections.read_model.Projection`."""

    kinds: ClassVar[Kinds] = (OwnTransferDecided,)

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, seconds: int, day: int) -> None:
        self.moment: tuple[int, int] = seconds, day
        self._rows: list[Values] = []

    def add(self, position: int, records: bytes, facts: list[bytes]) -> None:
        for fact, blob in facts_of(self.kinds, facts):
            if isinstance(fact, OwnTransferDecided):
                row = fact.transfer, fact.id, fact.customer, fact.amount, fact.status.value, blob
                self._rows.append(row)

    def write(self) -> None:
        self._db.insert(own_transfers, self._rows)

    def forget(self) -> None:
        """Nothing outlives a step."""

    def parts(self, records: bytes, facts: list[bytes]) -> list[Part]:
        return [Part(b"", [blob]) for blob in facts]

    def concerned(self, part: Part) -> set[str]:
        """Nobody whom one could name: a fact that is not understood may be anybody's."""
        return set()
