"""Writes what journal rows add to the read model of red packets. It looks at facts, and at no record."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import func, select

from feiqian.events import PacketMade, PacketReturned, PacketStatus, PacketTaken
from feiqian.ids import NO_CUSTOMER
from feiqian.projections.database import Database, Values
from feiqian.projections.read_model import Kinds, Part
from feiqian.projections.taken import facts_of

from .tables import packets, sides, takes

NAME = "packets"
_NUMBER = "SELECT no, position FROM packets WHERE id = :id"
_GIVE = "UPDATE packets SET taken = taken + 1, given = given + :amount WHERE no = :no"
_BACK = "UPDATE packets SET returned = returned + :amount, back = :transfer WHERE no = :no"
_HAS = "UPDATE packet_sides SET own = :amount WHERE customer = :customer AND no = :no"
_SIDE = "SELECT 1 FROM packet_sides WHERE customer = :customer AND no = :no"


class PacketsProjection:
    """See `projections.read_model.Projection`."""

    kinds: ClassVar[Kinds] = (PacketMade, PacketTaken, PacketReturned)

    def __init__(self, db: Database) -> None:
        self._db = db
        self._last: int | None = None  # the last number that was given

    def begin(self, seconds: int, day: int) -> None:
        self.moment: tuple[int, int] = seconds, day
        if self._last is None:
            row = self._db.one(select(func.max(packets.c.no)))
            self._last = int(row[0] or 0) if row else 0
        self._rows: list[Values] = []
        self._sides: list[Values] = []
        self._later: list[PacketTaken | PacketReturned] = []

    def add(self, position: int, records: bytes, facts: list[bytes]) -> None:
        for fact, blob in facts_of(self.kinds, facts):
            if isinstance(fact, PacketMade):
                self._made(position, fact, blob)
            elif isinstance(fact, PacketTaken | PacketReturned):
                self._later.append(fact)

    def _made(self, position: int, fact: PacketMade, blob: bytes) -> None:
        assert self._last is not None, "a step has begun"
        self._last = no = self._last + 1
        ids = no, position, fact.id, fact.transfer, None
        parties = fact.sender, fact.receiver, fact.amount, fact.currency
        self._rows.append((*ids, *parties, 0, 0, 0, fact.status.value, blob))
        declined = fact.status is PacketStatus.DECLINED
        self._sides.append((fact.sender, no, position, int(declined), None))
        if not declined and fact.receiver != NO_CUSTOMER:
            self._sides.append((fact.receiver, no, position, 0, None))

    def write(self) -> None:
        self._db.insert(packets, self._rows)
        self._db.insert(sides, self._sides)
        for fact in self._later:
            row = self._db.one(_NUMBER, id=fact.id)
            if row is None:  # its beginning was set aside
                continue
            if isinstance(fact, PacketTaken):
                self._taken(int(row[0]), int(row[1]), fact)
            else:
                self._db.change(_BACK, no=row[0], amount=fact.amount, transfer=fact.transfer)

    def _taken(self, no: int, position: int, fact: PacketTaken) -> None:
        self._db.insert(takes, [(no, fact.place, fact.receiver, fact.amount, fact.at, fact.transfer)])
        self._db.change(_GIVE, no=no, amount=fact.amount)
        if self._db.one(_SIDE, customer=fact.receiver, no=no) is None:
            self._db.insert(sides, [(fact.receiver, no, position, 0, fact.amount)])
        else:
            self._db.change(_HAS, customer=fact.receiver, no=no, amount=fact.amount)

    def forget(self) -> None:
        self._last = None

    def parts(self, records: bytes, facts: list[bytes]) -> list[Part]:
        return [Part(b"", [blob]) for blob in facts]

    def concerned(self, part: Part) -> set[str]:
        """Nobody whom one could name: a fact that is not understood may be anybody's."""
        return set()
