"""The projector's own tables: how far each read model has come, and what of the journal it could not take.

Says whether a read model that is there is whole, of its feature's version, and of the journal at hand. One that is of
another version is thrown away and built again, never altered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import MetaData, Table, bindparam, delete, select

from feiqian.errors import JournalBehind
from feiqian.ledger.journal import Journal
from feiqian.runtime import logs

from .columns import BY_KEY, numbers, octets, words
from .database import DATABASE_ERRORS, Database, is_postgres, open_database
from .errors import ReadModelMismatch
from .files import is_damage, move_damaged
from .read_model import ReadModel

_log = logs.get("feiqian.projections")
LARGEST = 2**63 - 1  # what a column holds

METADATA = MetaData()

# A read model's row: `tables` are those that it has made; its last journal row, and the engine's moment there.
progress = Table(
    "progress",
    METADATA,
    *words("name", key=True),
    *numbers("version"),
    *words("tables", "journal"),
    *numbers("position"),
    *octets("hash"),
    *numbers("seconds", "day"),
)

# What a read model could not take of the journal, and who lacks it.
set_aside = Table(
    "set_aside",
    METADATA,
    *words("model", key=True),
    *numbers("position", "part", key=True),
    *words("what", "why"),
    *octets("records", "facts"),
    **BY_KEY,
)
incomplete = Table(
    "incomplete",
    METADATA,
    *words("model", "concerned", key=True),
    *numbers("position", "part", key=True),
    **BY_KEY,
)
TABLES = tuple(METADATA.tables)
# Until there was a read model for each feature there was one for all, and `progress` had a row without a name.
_OF_ONE_FOR_ALL = ("incomplete_payments",)

_P = progress.c
_POSITION = select(_P.position).where(_P.name == bindparam("name"))
_FOUND = select(_P.version, _P.tables, _P.journal, _P.position, _P.hash, _P.seconds, _P.day).where(
    _P.name == bindparam("name")
)


@dataclass(slots=True)
class Progress:
    """How far a read model has come: the row it ends with, and the engine's moment there."""

    journal: str
    position: int
    hash: bytes
    seconds: int
    day: int


class _Found(NamedTuple):
    version: int
    tables: list[str]
    progress: Progress


def prepare(db: Database, journal: Journal, model: ReadModel) -> Progress:
    """The progress of a read model that is whole and of its version; what is not is thrown away and begun anew.

    Raises ReadModelMismatch (of another journal, or of a newer version) or JournalBehind, and then changes nothing.
    """
    with db.transaction():
        db.alone()
        found = _find(db, model)
        if found is not None:
            check_progress(found.progress, journal)
        missing = lacking(db, [model])
        if found is not None and found.version == model.version and not missing:
            return found.progress
        if found is not None or not missing >= set(model.tables.tables):
            _log.error(
                "read_model_begun_anew",
                model=model.name,
                version=found.version if found else 0,
                missing=sorted(missing),
            )
        _make_own_tables(db)
        _forget(db, model, found)
        db.create(model.tables.tables.values())
        first = Progress(journal.identity, 0, journal.hash_at(0) or b"", 0, 0)
        values = first.journal, first.position, first.hash, first.seconds, first.day
        db.insert(progress, [(model.name, model.version, " ".join(model.tables.tables), *values)])
    return first


def _make_own_tables(db: Database) -> None:
    """Where one is missing, or they are of one read model for all, nothing is known any more of any read model."""
    if set(TABLES) <= db.tables() and "name" in db.columns(progress.name):
        return
    db.drop((*TABLES, *_OF_ONE_FOR_ALL))
    db.create(METADATA.tables.values())


def _forget(db: Database, model: ReadModel, found: _Found | None) -> None:
    """Drops a read model's tables, those too that only an earlier version of it has made."""
    db.drop({*model.tables.tables, *(found.tables if found else ())})
    for name in (progress.c.name, set_aside.c.model, incomplete.c.model):
        db.change(delete(name.table).where(name == model.name))


def lacking(db: Database, models: Iterable[ReadModel]) -> set[str]:
    """The tables that are not there, of these read models and of the projector."""
    return {*TABLES, *(table for model in models for table in model.tables.tables)} - db.tables()


def read_position(db: Database, name: str) -> int:
    """Up to which journal position the read model of this name has come; 0 if it has not begun."""
    row = db.one(_POSITION, name=name)
    return row[0] if row else 0


def read_progress(db: Database, model: ReadModel) -> Progress | None:
    """The read model's progress, or None where there is none of its version yet. Raises ReadModelMismatch."""
    found = _find(db, model)
    return found.progress if found is not None and found.version == model.version else None


def _find(db: Database, model: ReadModel) -> _Found | None:
    """What is there of a read model, perhaps of an older version. Raises ReadModelMismatch."""
    columns = db.columns(progress.name)
    if not columns:
        return None
    if "name" not in columns:
        row = db.one("SELECT 0, '', journal, position, hash, 0, 0 FROM progress")
    else:
        row = db.one(_FOUND, name=model.name)
    if row is None:
        return None
    version, tables, *rest = row
    if version > model.version:
        raise ReadModelMismatch(
            f"the read model of {model.name} has version {version} and this program writes version {model.version};"
            " with `feiqian project --rebuild` it is built again"
        )
    return _Found(version, tables.split(), Progress(*rest))


def drop(location: str | Path, models: Iterable[ReadModel]) -> None:
    """Throws the read models away, in one transaction; where their file is damaged, moves that aside."""
    names = {table for model in models for table in model.tables.tables}
    try:
        with closing(open_database(location)) as db, db.transaction():
            db.drop((*TABLES, *_OF_ONE_FOR_ALL, *names))
    except DATABASE_ERRORS as error:
        if not is_damage(error):
            raise
        move_aside(location, error)


def move_aside(location: str | Path, error: Exception) -> None:
    """Moves a damaged file out of the way, and says why."""
    _log.error("read_model_damaged", why=str(error), then="it is built again from the journal")
    move_damaged(location)


def check_progress(found: Progress, journal: Journal) -> None:
    """Raises ReadModelMismatch or JournalBehind unless the read model's last row is a row of this journal."""
    if found.journal != journal.identity:
        raise ReadModelMismatch(
            f"the read model was made from journal {found.journal}, but the journal here is {journal.identity}"
        )
    hash = journal.hash_at(found.position)
    if hash is None:
        raise JournalBehind(
            f"the read model was made from the journal up to position {found.position}, which the journal does not"
            " have: the journal has lost rows or is an older copy"
        )
    if hash != found.hash:
        raise JournalBehind(
            f"at position {found.position} the journal has hash {hash.hex()}, but the read model was made from"
            f" {found.hash.hex()}: the journal was changed or is another copy"
        )


def check_numbers(*numbers: int) -> None:
    """Raises OverflowError for what a column of the read model does not hold."""
    if max(numbers) > LARGEST:
        raise OverflowError(f"a number is above {LARGEST}")


def check_read_models(journal: Journal, location: str | Path, models: Sequence[ReadModel]) -> int:
    """For the start of a server: how far the read models at `location` have all come (0 if one is not there or sound).

    One that is damaged or older is told of, and is no obstacle: the projector builds it again. Raises JournalBehind if
    the journal lacks what the read model was made from, ReadModelMismatch if that is of another journal or newer.
    """
    if not is_postgres(location) and not Path(location).exists():
        return 0
    try:
        with closing(open_database(location, read_only=True)) as db:
            every = [(model, _find(db, model)) for model in models]
    except DATABASE_ERRORS as error:
        _log.error("read_model_unreadable", why=str(error), then="the projector builds it again from the journal")
        return 0
    for _, found in every:
        if found is not None:
            check_progress(found.progress, journal)
    return min(found.progress.position if found and found.version == model.version else 0 for model, found in every)
