"""The journal in SQLite: a file of its own, WAL with synchronous=FULL, so that a commit is on disk when it returns.

One file is one shard; the position is the integer primary key, which is the fastest that SQLite has. Every append is
one statement in autocommit, so there is no transaction that could be left open.
"""

from __future__ import annotations

import secrets
import sqlite3
from pathlib import Path
from typing import Any

from feiqian.errors import FencedOff, JournalDamaged, JournalMissing, JournalMoved, JournalUnavailable, LedgerError
from feiqian.folder import make_file
from feiqian.runtime.database_files import DatabaseFiles

from .journal import GENESIS, LAST_EPOCH, Head, Journal, Row, check_marker, row_of, write_marker
from .sqlite_errors import LOOK, is_damage
from .stamp import SHARD

_SCHEMA = f"""
CREATE TABLE journal (
  position INTEGER PRIMARY KEY, shard INTEGER NOT NULL DEFAULT {SHARD}, epoch INTEGER NOT NULL,
  previous BLOB NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL, written_at INTEGER NOT NULL
) STRICT;
CREATE TABLE fence (shard INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, identity TEXT NOT NULL) STRICT;
"""
# Fence and place are checked in the statement that writes: a writer that was paused and replaced writes nothing.
_APPEND = f"""
INSERT INTO journal (position, shard, epoch, previous, hash, body, written_at)
SELECT ?1, {SHARD}, ?2, ?3, ?4, ?5, ?6
WHERE (SELECT epoch FROM fence WHERE shard = {SHARD}) = ?2 AND coalesce((SELECT max(position) FROM journal), 0) = ?1 - 1
"""
_RAISE_FENCE = f"""
UPDATE fence SET epoch = epoch + 1 WHERE shard = {SHARD} AND epoch < {LAST_EPOCH}
AND epoch >= coalesce((SELECT epoch FROM journal ORDER BY position DESC LIMIT 1), 0) RETURNING epoch
"""
_HEAD = f"""
SELECT coalesce(j.position, 0), j.hash, f.epoch FROM fence f
LEFT JOIN journal j ON j.position = (SELECT max(position) FROM journal) WHERE f.shard = {SHARD}
"""
_PAGE_BYTES = 8192  # twice SQLite's own: large rows cost a third less, small ones the same
_COLUMNS = "position, epoch, previous, hash, body, written_at, shard"


class SqliteJournal(Journal):
    """See `journal.Journal`. `create` allows a new file where no marker says that there was one.

    Raises JournalMissing where there is no journal to open, JournalDamaged where the file is no journal, and
    JournalUnavailable where it cannot be used now.
    """

    def __init__(self, path: Path | str, *, create: bool = False, marker: Path | None = None) -> None:
        super().__init__()
        self._path = Path(path)
        marker = marker or self._path.with_suffix(".id")
        new = not self._path.exists()
        if new:
            check_marker(marker, None)
            if not create:
                raise JournalMissing(f"there is no journal at {self._path}")
            make_file(self._path)
        self._place = DatabaseFiles(self._path, JournalMoved)
        self._connection = self._connect("rw")
        try:
            self.identity = self._prepare(create, marker)
            check_marker(marker, self.identity)
            self._place.note()
        except BaseException:
            self._connection.close()
            raise
        if create:
            write_marker(marker, self.identity)

    def _connect(self, mode: str) -> sqlite3.Connection:
        """`rw` makes no file: one that has gone since it was looked for is not begun anew."""
        uri = f"{self._path.absolute().as_uri()}?mode={mode}"
        try:
            return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=10)
        except sqlite3.Error as error:
            raise self._meaning(error) from error

    def _prepare(self, create: bool, marker: Path) -> str:
        self._ask(f"PRAGMA page_size = {_PAGE_BYTES}")  # of a new file
        self._ask("PRAGMA journal_mode = WAL")
        self._ask("PRAGMA synchronous = FULL")
        if create and not self._ask("SELECT name FROM sqlite_schema"):
            check_marker(marker, None)  # an emptied file is no new one
            self._make()
        rows = self._ask(f"SELECT identity FROM fence WHERE shard = {SHARD}")
        if not rows:
            raise self._no_fence()
        return str(rows[0][0])

    def _make(self) -> None:
        try:
            self._connection.executescript("BEGIN IMMEDIATE;" + _SCHEMA)
            self._connection.execute("INSERT INTO fence VALUES (?, 0, ?)", (SHARD, secrets.token_hex(16)))
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._meaning(error) from error

    def lock(self, *, take_over: bool = False) -> None:
        """Nothing: the lock of the folder that the file lies in is the journal's, and nobody can take it over."""

    def open_writer(self) -> Head:
        self._place.check()
        return super().open_writer()

    def _raise_fence(self) -> int | None:
        rows = self._ask(_RAISE_FENCE)
        return rows[0][0] if rows else None

    def append(self, position: int, body: bytes, written_at: int) -> bytes:
        previous, hash = self._next(position, body, written_at)
        row = (position, self._epoch, previous, hash, body, written_at)
        self._place.check()
        done = self._connection.execute(_APPEND, row)
        if done.rowcount != 1:
            raise FencedOff(f"another writer has taken {self._path} over; position {position} was not written")
        self._place.check()  # moved in between: nobody knows which file has the row, so it is not acknowledged
        return self._written(position, hash, body)

    def check_place(self) -> None:
        self._place.check()

    def _page(self, after: int, count: int) -> list[Row]:
        query = f"SELECT {_COLUMNS} FROM journal WHERE position > ? ORDER BY position LIMIT ?"
        found = self._ask(query, (after, count), position=after + 1, what="it, or one after it, cannot be read")
        return [row_of(columns) for columns in found]

    def head(self) -> Head:
        rows = self._ask(_HEAD)
        if not rows:
            raise self._no_fence()
        position, hash, epoch = rows[0]
        head = Head(position, GENESIS if hash is None else hash, epoch)
        if [type(value) for value in head] != [int, bytes, int]:
            raise JournalDamaged(0, f"the end of {self._path} has other types than were written")
        return head

    def hash_at(self, position: int) -> bytes | None:
        if position == 0:
            return GENESIS
        query = "SELECT hash FROM journal WHERE position = ?"
        rows = self._ask(query, (position,), position=position, what="it cannot be read")
        return bytes(rows[0][0]) if rows and isinstance(rows[0][0], bytes) else None

    def close(self) -> None:
        self._connection.close()

    # --- errors ------------------------------------------------------------------------------------------------

    def _ask(
        self, query: str, values: tuple[int, ...] = (), *, position: int = 0, what: str = ""
    ) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query, values).fetchall()
        except (sqlite3.Error, OverflowError) as error:
            raise self._meaning(error, position, what) from error

    def _no_fence(self) -> JournalDamaged:
        return JournalDamaged(0, f"{self._path} has lost its fence")

    def _meaning(self, error: Exception, position: int = 0, what: str = "") -> LedgerError:
        """Damage by the position where it was met; a full disk, a lock and the like as what they are."""
        if is_damage(error):
            return JournalDamaged(position, f"{what or f'{self._path} cannot be read as a journal'}: {error}")
        return JournalUnavailable(f"{self._path} cannot be used now: {error}. {LOOK}")
