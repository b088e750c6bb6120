"""What an error of SQLite means for a file: that it is damaged, or that it cannot be used now. Knows no tables."""

from __future__ import annotations

import sqlite3

_DAMAGE = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT}
LOOK = "Look at the disk (room, rights, whether it is mounted), then start again"


def is_damage(error: Exception) -> bool:
    """Whether the file is not what was written; if not, it is a full disk, a lock, missing rights and the like."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _DAMAGE
