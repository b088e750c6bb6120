"""The read model's file: whether it is still the one that was opened, and how a damaged one is moved out of the way.

Nothing here reads what is in it. A read model in PostgreSQL has no file: all of this does nothing there.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from feiqian.runtime import logs

from .database import is_postgres

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_log = logs.get("feiqian.projections")


def is_damage(error: BaseException) -> bool:
    """Whether the database says that its file is not what was written."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, sqlite3.DatabaseError) and code is not None and code & 0xFF in _DAMAGE


def report_damage(location: str | Path) -> None:
    """For readers, which may not mend it: leaves word for the projector, which looks for it."""
    if not is_postgres(location):
        _marker(location).touch()


def damage_reported(location: str | Path) -> bool:
    return not is_postgres(location) and _marker(location).exists()


def move_damaged(location: str | Path) -> None:
    """Renames a damaged file to `….damaged-<time>`, and removes what an earlier one left, so that one is kept.

    Nobody may write it meanwhile. Where there is no file (any more), what belonged to it is removed.
    """
    if is_postgres(location):
        return
    path = Path(location)
    if path.exists():
        for older in path.parent.glob(f"{path.name}.damaged-*"):
            older.unlink(missing_ok=True)
        kept = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        path.rename(kept)
        _log.error("read_model_moved_aside", to=kept.name)
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    _marker(location).unlink(missing_ok=True)


def _marker(location: str | Path) -> Path:
    path = Path(location)
    return path.with_name(path.name + ".damage")
