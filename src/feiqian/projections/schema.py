"""Whether the read model that is there is whole, of this version and of the journal at hand.

A change of the tables needs a new VERSION: an older read model is then thrown away and built again, never altered.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from feiqian.errors import JournalBehind
from feiqian.runtime import logs

from .database import DATABASE_ERRORS, Database, is_postgres, open_database
from .errors import ReadModelMismatch
from .files import is_damage, move_damaged
from .tables import METADATA

_log = logs.get("feiqian.projections")
LARGEST = 2**63 - 1  # what a column holds

VERSION = 3

TABLES = tuple(METADATA.tables)


class JournalSource(Protocol):
    """What is asked of a journal to tell whether a read model is its own (`ledger.journal.Journal` has it)."""

    @property
    def identity(self) -> str: ...

    def hash_at(self, position: int) -> bytes | None: ...


@dataclass(slots=True)
class Progress:
    """How far the read model has come: the row it ends with, the engine's moment there, the last numbers given."""

    journal: str
    position: int
    hash: bytes
    seconds: int
    day: int
    accounts: int
    payments: int


def prepare(db: Database, journal: JournalSource) -> Progress:
    """The progress of a read model that is whole and of this version; what is not is thrown away and begun anew.

    Raises ReadModelMismatch (of another journal, or of a newer version) or JournalBehind, and then changes nothing.
    """
    with db.transaction():
        found, missing = _find(db), lacking(db)
        if found is not None:
            check_progress(found[1], journal)
        if found is not None and found[0] == VERSION and not missing:
            return found[1]
        if len(missing) < len(TABLES):
            _log.error("read_model_begun_anew", version=found[0] if found else 0, missing=sorted(missing))
            _drop(db)
        db.create(METADATA.tables.values())
        first = (journal.identity, 0, journal.hash_at(0) or b"", 0, 0, 0, 0)
        db.change("INSERT INTO progress VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)", (VERSION, *first))
    return Progress(*first)


def lacking(db: Database) -> set[str]:
    """The tables that are not there."""
    return set(TABLES) - db.tables()


def read_progress(db: Database) -> Progress | None:
    """The read model's progress, or None where there is none of this version yet. Raises ReadModelMismatch."""
    found = _find(db)
    return found[1] if found is not None and found[0] == VERSION else None


def _find(db: Database) -> tuple[int, Progress] | None:
    """The version and progress of the read model that is there, perhaps an older one. Raises ReadModelMismatch."""
    if "progress" not in db.tables():
        return None
    row = db.one("SELECT version, journal, position, hash, seconds, day, accounts, payments FROM progress")
    if row is None:
        return None
    version, *rest = row
    if version > VERSION:
        raise ReadModelMismatch(
            f"the read model has version {version} and this program writes version {VERSION}; with"
            " `feiqian project --rebuild` it is built again"
        )
    return version, Progress(*rest)


def drop(location: str | Path) -> None:
    """Throws the read model away, in one transaction; where its file is damaged, moves that aside."""
    try:
        with closing(open_database(location)) as db, db.transaction():
            _drop(db)
    except DATABASE_ERRORS as error:
        if not is_damage(error):
            raise
        move_aside(location, error)


def move_aside(location: str | Path, error: Exception) -> None:
    """Moves a damaged file out of the way, and says why."""
    _log.error("read_model_damaged", why=str(error), then="it is built again from the journal")
    move_damaged(location)


def _drop(db: Database) -> None:
    db.drop(TABLES)


def check_progress(progress: Progress, journal: JournalSource) -> None:
    """Raises ReadModelMismatch or JournalBehind unless the read model's last row is a row of this journal."""
    if progress.journal != journal.identity:
        raise ReadModelMismatch(
            f"the read model was made from journal {progress.journal}, but the journal here is {journal.identity}"
        )
    found = journal.hash_at(progress.position)
    if found is None:
        raise JournalBehind(
            f"the read model was made from the journal up to position {progress.position}, which the journal does not"
            " have: the journal has lost rows or is an older copy"
        )
    if found != progress.hash:
        raise JournalBehind(
            f"at position {progress.position} the journal has hash {found.hex()}, but the read model was made from"
            f" {progress.hash.hex()}: the journal was changed or is another copy"
        )


def check_numbers(numbers: tuple[int, ...]) -> None:
    """Raises OverflowError for what a column of the read model does not hold."""
    if max(numbers) > LARGEST:
        raise OverflowError(f"a number is above {LARGEST}")


def check_read_model(journal: JournalSource, location: str | Path) -> int:
    """For the start of a server: how far the read model at `location` has come (0 if there is none that is sound).

    One that is damaged or older is told of, and is no obstacle: the projector builds it again. Raises JournalBehind if
    the journal lacks what the read model was made from, ReadModelMismatch if that is of another journal or newer.
    """
    if not is_postgres(location) and not Path(location).exists():
        return 0
    try:
        with closing(open_database(location, read_only=True)) as db:
            found = _find(db)
    except DATABASE_ERRORS as error:
        _log.error("read_model_unreadable", why=str(error), then="the projector builds it again from the journal")
        return 0
    if found is None:
        return 0
    version, progress = found
    check_progress(progress, journal)
    return progress.position if version == VERSION else 0
