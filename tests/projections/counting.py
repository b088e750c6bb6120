"""A second, small read model: how many transfers of each kind the engine made. Takes none of the kind `POISON`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import MetaData, Table

from feiqian.ledger.engine import EVENT, Engine, Type
from feiqian.projections.columns import numbers
from feiqian.projections.database import Database
from feiqian.projections.read_model import Discrepancy, Part, ReadModel

POISON = 999
METADATA = MetaData()
TRANSFERS = Table("transfers_by_kind", METADATA, *numbers("kind", key=True), *numbers("count"))
_ADD = "UPDATE transfers_by_kind SET count = count + :count WHERE kind = :kind"


class CountingProjection:
    kinds = None

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, seconds: int, day: int) -> None:
        self.moment, self._counts = (seconds, day), Counter[int]()

    def add(self, position: int, records: bytes, facts: list[bytes]) -> None:
        for type_, _, kind, *_ in EVENT.iter_unpack(records):
            if kind == POISON:
                raise ValueError("a kind that is not counted")
            if type_ == Type.TRANSFER:
                self._counts[kind] += 1

    def write(self) -> None:
        for kind, count in self._counts.items():
            if not self._db.change(_ADD, count=count, kind=kind):
                self._db.insert(TRANSFERS, [(kind, count)])

    def forget(self) -> None:
        pass

    def parts(self, records: bytes, facts: list[bytes]) -> list[Part]:
        return [Part(records, facts)]

    def concerned(self, part: Part) -> set[str]:
        return {"counts"}


def reconcile(engine: Engine, db: Database) -> Iterator[Discrepancy]:
    row = db.one("SELECT sum(count) FROM transfers_by_kind")
    counted, made = int((row and row[0]) or 0), engine.counts()[1]
    if counted > made:
        yield Discrepancy("transfers", "how many there are", made, counted)


COUNTING = ReadModel("counting", 1, METADATA, CountingProjection, reconcile)
