"""What cannot be projected: set aside whole, with whom it concerns, who is incomplete until it is repaired.

Where nobody can be found whom it concerns, it may concern everybody. Who that is the read model says, in its own words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from sqlalchemy import bindparam, func, literal_column, select

from feiqian.runtime import logs

from .database import Database
from .read_model import EVERYBODY, Part
from .schema import incomplete, set_aside

WHY_LENGTH = 300

_log = logs.get("feiqian.projections")


_OF_MODEL = set_aside.c.model == bindparam("model")
_ALL = select(*(set_aside.c[name] for name in ("model", "position", "part", "what", "why"))).order_by(
    set_aside.c.position, set_aside.c.part, set_aside.c.model
)
_RECORDS = select(set_aside.c.records).where(_OF_MODEL)
_CONCERNING = (
    select(incomplete.c.part)
    .where(incomplete.c.model == bindparam("model"))
    .where(incomplete.c.concerned.in_([bindparam("who"), bindparam("other")]))
    .limit(literal_column("1"))
)
_HOW_MANY = select(func.count()).select_from(set_aside).where(_OF_MODEL)


@dataclass(frozen=True, slots=True)
class SetAside:
    """`part` counts the parts of the row from 0; `what` says what it is made of, `why` what was wrong."""

    model: str
    position: int
    part: int
    what: str
    why: str

    def __str__(self) -> str:
        return f"position {self.position}, part {self.part} ({self.what}), of {self.model}: {self.why}"


def put(
    db: Database, model: str, position: int, number: int, part: Part, concerned: set[str], error: Exception
) -> None:
    """Sets one part aside, and marks whom it concerns, in the caller's transaction."""
    what = " and ".join(name for name, there in zip(Part._fields, part, strict=True) if there) or "row"
    why = f"{type(error).__name__}: {error}".replace("\0", "")[:WHY_LENGTH]
    row = (model, position, number, what, why, part.records, msgspec.msgpack.encode(part.facts))
    db.insert(set_aside, [row])
    db.insert(incomplete, [(model, who, position, number) for who in sorted(concerned or {EVERYBODY})])
    _log.error("set_aside", model=model, position=position, part=number, what=what, why=why, concerned=len(concerned))


def read(db: Database) -> list[SetAside]:
    """What could not be projected, by any read model, in order of the journal."""
    return [SetAside(*row) for row in db.all(_ALL)]


def records(db: Database, model: str) -> Iterator[bytes]:
    """The engine's records that a read model has set aside."""
    for (found,) in db.all(_RECORDS, model=model):
        yield bytes(found)


def how_many(db: Database, model: str) -> int:
    row = db.one(_HOW_MANY, model=model)
    return row[0] if row else 0


def is_incomplete(db: Database, model: str, who: str, *, or_everybody: bool = False) -> bool:
    """Whether a read model has set something aside that concerns this one (or may concern everybody)."""
    return db.one(_CONCERNING, model=model, who=who, other=EVERYBODY if or_everybody else who) is not None
