"""What a feature brings for a read model: its tables, what turns journal rows into them, and how they reconcile.

The projector does the rest: it reads the journal, keeps the position, commits, and sets aside what cannot be projected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol, TypeAlias

from sqlalchemy import MetaData

from feiqian.events import Fact
from feiqian.ledger.engine import Engine

from .database import Database

Kinds: TypeAlias = tuple[type[Fact], ...] | None
"""Of facts without which a row adds nothing to a read model; None where any row may."""

EVERYBODY = "*"  # whom something concerns that may concern anybody


class Part(NamedTuple):
    """A piece of a journal row that is projected whole or not at all: `records` of the engine, `facts` as encoded."""

    records: bytes
    facts: list[bytes]


class Discrepancy(NamedTuple):
    """Where two sums that must be the same are not. Sums are in minor units (or are counts)."""

    where: str
    what: str
    expected: int
    found: int

    def __str__(self) -> str:
        return f"{self.where}: {self.what} should be {self.expected} and is {self.found}"


class Projection(Protocol):
    """Turns journal rows into one read model, over one connection; made by `ReadModel.projection`.

    A step is `begin`, any number of `add`, and one `write`. After an exception anywhere comes `forget`.
    """

    kinds: ClassVar[Kinds]

    def begin(self, seconds: int, day: int) -> None:
        """Begins a step. `seconds` and `day` (yyyymmdd) are the engine's, as `moment` gave them after the last one."""
        ...

    def add(self, position: int, records: bytes, facts: list[bytes]) -> None:
        """Gathers a row, or a part of one, in memory. Raises what it likes where it cannot take it."""
        ...

    @property
    def moment(self) -> tuple[int, int]:
        """The engine's seconds and day after what was gathered."""
        ...

    def write(self) -> None:
        """Writes what was gathered, in the projector's transaction."""
        ...

    def forget(self) -> None:
        """Drops what is kept in memory between steps: it ran ahead of what is written."""
        ...

    def parts(self, records: bytes, facts: list[bytes]) -> list[Part]:
        """A row that could not be taken whole, in the smallest parts that make sense alone."""
        ...

    def concerned(self, part: Part) -> set[str]:
        """Who lacks a part that is set aside, in the feature's own words; none: it may be EVERYBODY."""
        ...


@dataclass(frozen=True, slots=True)
class ReadModel:
    """One feature's read model. Another `version` of it is built from the journal's beginning, beside those of others.

    No two have a name or a table in common. `reconcile` compares it with an engine that is as of the same position.
    """

    name: str
    version: int
    tables: MetaData
    projection: Callable[[Database], Projection]
    reconcile: Callable[[Engine, Database], Iterable[Discrepancy]]
