"""The journal in SQLite: a file of its own, WAL with synchronous=FULL, so that a commit is on disk when it returns.

One file is one shard; the position is the integer primary key, which is the fastest that SQLite has. Every append is
one statement in autocommit, so there is no transaction that could be left open.
"""

from __future__ import annotations

import secrets
import sqlite3
from pathlib import Path

from feiqian.errors import FencedOff, JournalDamaged, JournalMissing
from feiqian.folder import make_file

from .journal import GENESIS, SHARD, Chain, Head, Row, check_marker, write_marker

_SCHEMA = f"""
CREATE TABLE journal (
  position INTEGER PRIMARY KEY, shard INTEGER NOT NULL DEFAULT {SHARD}, epoch INTEGER NOT NULL,
  previous BLOB NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL, written_at INTEGER NOT NULL
) STRICT;
CREATE TABLE fence (shard INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, identity TEXT NOT NULL) STRICT;
"""
# Fence and place are checked in the statement that writes: a writer that was paused and replaced writes nothing.
_APPEND = """
INSERT INTO journal (position, epoch, previous, hash, body, written_at)
SELECT ?1, ?2, ?3, ?4, ?5, ?6
WHERE (SELECT epoch FROM fence) = ?2 AND coalesce((SELECT max(position) FROM journal), 0) = ?1 - 1
"""
_PAGE_BYTES = 8192  # twice SQLite's own: large rows cost a third less, small ones the same
_COLUMNS = "position, epoch, previous, hash, body, written_at"


class SqliteJournal(Chain):
    """See `journal.Journal`. `create` allows a new file where no marker says that there was one.

    Raises JournalMissing where there is no journal to open, JournalDamaged where the file is no journal.
    """

    def __init__(self, path: Path | str, *, create: bool = False, marker: Path | None = None) -> None:
        super().__init__()
        self._path = Path(path)
        marker = marker or self._path.with_suffix(".id")
        if not self._path.exists():
            check_marker(marker, None)
            if not create:
                raise JournalMissing(f"there is no journal at {self._path}")
            make_file(self._path)
        self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10)
        try:
            self.identity = self._prepare(create, marker)
            check_marker(marker, self.identity)
        except BaseException:
            self._connection.close()
            raise
        if create:
            write_marker(marker, self.identity)

    def _prepare(self, create: bool, marker: Path) -> str:
        try:
            self._connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")  # of a new file
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            tables = {name for (name,) in self._connection.execute("SELECT name FROM sqlite_schema")}
            if not tables and create:
                check_marker(marker, None)  # an emptied file is no new one
                self._make()
            row = self._connection.execute("SELECT identity FROM fence").fetchone()
        except sqlite3.DatabaseError as error:
            raise _meaning(error, 0, f"{self._path} cannot be read as a journal") from error
        if row is None:
            raise JournalDamaged(0, f"{self._path} has lost its fence")
        return str(row[0])

    def _make(self) -> None:
        self._connection.executescript("BEGIN IMMEDIATE;" + _SCHEMA)
        self._connection.execute("INSERT INTO fence VALUES (?, 0, ?)", (SHARD, secrets.token_hex(16)))
        self._connection.execute("COMMIT")

    def lock(self, *, take_over: bool = False) -> None:
        """Nothing: the lock of the folder that the file lies in is the journal's, and nobody can take it over."""

    def open_writer(self) -> Head:
        try:
            self._connection.execute("UPDATE fence SET epoch = epoch + 1")
            return self._take(self.head())
        except sqlite3.DatabaseError as error:
            raise _meaning(error, 0, f"{self._path} cannot be read as a journal") from error

    def append(self, position: int, body: bytes, written_at: int) -> bytes:
        previous, hash = self._next(position, body)
        done = self._connection.execute(_APPEND, (position, self._epoch, previous, hash, body, written_at))
        if done.rowcount != 1:
            raise FencedOff(f"another writer has taken {self._path} over; position {position} was not written")
        self._last_position, self._last_hash = position, hash
        return hash

    def _page(self, after: int) -> list[Row]:
        query = f"SELECT {_COLUMNS} FROM journal WHERE position > ? ORDER BY position LIMIT {self.PAGE}"
        try:
            return [Row(*row) for row in self._connection.execute(query, (after,))]
        except sqlite3.DatabaseError as error:
            raise _meaning(error, after + 1, "it, or one after it, cannot be read") from error

    def head(self) -> Head:
        row = self._connection.execute(
            "SELECT coalesce(j.position, 0), j.hash, f.epoch FROM fence f LEFT JOIN journal j"
            " ON j.position = (SELECT max(position) FROM journal)"
        ).fetchone()
        return Head(row[0], GENESIS if row[1] is None else row[1], row[2])

    def hash_at(self, position: int) -> bytes | None:
        if position == 0:
            return GENESIS
        row = self._connection.execute("SELECT hash FROM journal WHERE position = ?", (position,)).fetchone()
        return None if row is None else bytes(row[0])

    def close(self) -> None:
        self._connection.close()


def _meaning(error: sqlite3.DatabaseError, position: int, what: str) -> Exception:
    """Damage as JournalDamaged; a lock, a full disk and the like as they are."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    damage = code in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    return JournalDamaged(position, f"{what}: {error}") if damage else error
