"""The journal in SQLite: a file of its own, WAL with synchronous=FULL, so that a commit is on disk when it returns.

One file is one shard; the position is the integer primary key, which is the fastest that SQLite has. Every append is
one statement in autocommit, so there is no transaction that could be left open.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from feiqian.errors import FencedOff, JournalDamaged, JournalMissing
from .journal import GENESIS, SHARD, Head, Row, check_marker, row_hash, verified, write_marker

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
_PAGE = 64  # rows read at a time: no read stays open while they are worked on, so the WAL can be reset
_COLUMNS = "position, epoch, previous, hash, body, written_at"


class SqliteJournal:
    """See `journal.Journal`. `create` allows a new file where no marker says that there was one.

    Raises JournalMissing where there is no journal to open, JournalDamaged where the file is no journal.
    """

    def __init__(self, path: Path | str, *, create: bool = False, marker: Path | None = None) -> None:
        self._path = Path(path)
        marker = marker or self._path.with_suffix(".id")
        if not self._path.exists():
            check_marker(marker, None)
            if not create:
                raise JournalMissing(f"there is no journal at {self._path}")
        self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10)
        try:
            self.identity = self._prepare(create)
            check_marker(marker, self.identity)
        except BaseException:
            self._connection.close()
            raise
        if create:
            write_marker(marker, self.identity)
        self._epoch = self._last_position = 0
        self._last_hash = GENESIS
        self._read = (0, GENESIS, 0)  # position, hash and epoch of the row that was last read and found good

    def _prepare(self, create: bool) -> str:
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            tables = {name for (name,) in self._connection.execute("SELECT name FROM sqlite_schema")}
            if not tables and create:
                self._make()
            row = self._connection.execute("SELECT identity FROM fence").fetchone()
        except sqlite3.DatabaseError as error:
            raise JournalDamaged(0, f"{self._path} cannot be read as a journal: {error}") from error
        if row is None:
            raise JournalDamaged(0, f"{self._path} has lost its fence")
        return str(row[0])

    def _make(self) -> None:
        self._connection.executescript("BEGIN IMMEDIATE;" + _SCHEMA)
        self._connection.execute("INSERT INTO fence VALUES (?, 0, ?)", (SHARD, secrets.token_hex(16)))
        self._connection.execute("COMMIT")

    def open_writer(self) -> Head:
        row = self._connection.execute("UPDATE fence SET epoch = epoch + 1 RETURNING epoch").fetchall()
        self._epoch = int(row[0][0])
        head = self.head()
        self._last_position, self._last_hash = head.position, head.hash
        return head

    def append(self, position: int, body: bytes, written_at: int) -> bytes:
        if position != self._last_position + 1:
            raise ValueError(f"the next position is {self._last_position + 1}, not {position}")
        previous = self._last_hash
        hash = row_hash(previous, position, self._epoch, body)
        done = self._connection.execute(_APPEND, (position, self._epoch, previous, hash, body, written_at))
        if done.rowcount != 1:
            raise FencedOff(f"another writer has taken {self._path} over; position {position} was not written")
        self._last_position, self._last_hash = position, hash
        return hash

    def rows(self, after: int) -> Iterator[Row]:
        position, previous, epoch = self._read if self._read[0] == after else (after, self._known(after), 0)
        while page := self._page(position):
            for row in verified(page, position, previous, epoch):
                self._read = row.position, row.hash, row.epoch
                yield row
            position, previous, epoch = page[-1].position, page[-1].hash, page[-1].epoch

    def _known(self, position: int) -> bytes:
        hash = self.hash_at(position)
        if hash is None:
            raise JournalDamaged(position, "the row is missing")
        return hash

    def _page(self, after: int) -> list[Row]:
        query = f"SELECT {_COLUMNS} FROM journal WHERE position > ? ORDER BY position LIMIT {_PAGE}"
        try:
            return [Row(*row) for row in self._connection.execute(query, (after,))]
        except sqlite3.DatabaseError as error:
            raise JournalDamaged(after + 1, f"it cannot be read: {error}") from error

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
