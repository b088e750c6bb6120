"""Where verified dumps of an engine are kept, so that a start need not replay the whole journal.

In SQLite a file of its own, so that the journal's writer never waits for it; in PostgreSQL two tables. A checkpoint
counts only once it is marked good; two good ones are kept.

Versions that read only format 1 of the journal's rows look for the mark 1 and pass over 2: with such a checkpoint they
would go on after rows that they cannot read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from feiqian.errors import CheckpointInvalid
from feiqian.folder import make_file

from .sqlite_errors import LOOK, is_damage

KEPT = 2
_FIRST_GOOD, _GOOD = 1, 2
_COLUMNS = "position, identity, hash, digest, chunks"
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS checkpoints (position bigint PRIMARY KEY, identity text NOT NULL,"
    " hash {bytes} NOT NULL, digest {bytes} NOT NULL, chunks integer NOT NULL, good integer NOT NULL)",
    "CREATE TABLE IF NOT EXISTS checkpoint_chunks (position bigint, number integer, chunk {bytes} NOT NULL,"
    " PRIMARY KEY (position, number))",
)
Execute = Callable[[str, tuple[Any, ...]], list[tuple[Any, ...]]]


class Checkpoint(NamedTuple):
    """A dump of the engine as it was after the row at `position`, whose hash it names."""

    position: int
    identity: str  # of the journal
    hash: bytes
    digest: bytes
    chunks: int


class Checkpoints:
    """A store of checkpoints, over anything that executes SQL with `?` for parameters."""

    def __init__(self, execute: Execute, bytes_type: str, close: Callable[[], object]) -> None:
        self._execute, self.close = execute, close
        for statement in _SCHEMA:
            execute(statement.format(bytes=bytes_type), ())

    def save(self, identity: str, position: int, hash: bytes, digest: bytes, chunks: Iterable[bytes]) -> Checkpoint:
        """Writes a dump, not yet good. Raises CheckpointInvalid if the chunks do not have that digest."""
        self._delete("position = ?", position)
        hasher, number = blake2b(digest_size=32), 0
        for number, chunk in enumerate(chunks, 1):
            hasher.update(chunk)
            self._execute("INSERT INTO checkpoint_chunks VALUES (?, ?, ?)", (position, number, chunk))
        if hasher.digest() != digest:
            raise CheckpointInvalid(f"the dump at position {position} does not have the engine's digest")
        saved = Checkpoint(position, identity, hash, digest, number)
        self._execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, 0)", saved)
        return saved

    def mark_good(self, checkpoint: Checkpoint) -> None:
        """To be called once it has been read back; drops all but the newest two good ones."""
        self._execute("UPDATE checkpoints SET good = ? WHERE position = ?", (_GOOD, checkpoint.position))
        kept = self.good()[:KEPT]
        self._delete("position < ?", min(one.position for one in kept))

    def good(self) -> list[Checkpoint]:
        """The good ones, newest first."""
        query = f"SELECT {_COLUMNS} FROM checkpoints WHERE good IN (?, ?) ORDER BY position DESC"
        return [_checkpoint(row) for row in self._execute(query, (_FIRST_GOOD, _GOOD))]

    def newest(self) -> Checkpoint | None:
        """The newest good one."""
        return next(iter(self.good()), None)

    def chunks(self, checkpoint: Checkpoint) -> Iterator[bytes]:
        """The dump. Raises CheckpointInvalid, at the latest after the last chunk, if it is not what was saved.

        A chunk is hashed in another thread while it is loaded and the next one is read.
        """
        hasher = blake2b(digest_size=32)
        with ThreadPoolExecutor(1, "checkpoint digest") as beside:
            hashed = beside.submit(hasher.update, b"")
            for number in range(1, checkpoint.chunks + 1):
                chunk = self._chunk(checkpoint.position, number)
                hashed.result()  # at most one is in memory besides the one that is loaded
                hashed = beside.submit(hasher.update, chunk)
                yield chunk
        if hasher.digest() != checkpoint.digest:
            raise CheckpointInvalid(f"the checkpoint at position {checkpoint.position} does not have its digest")

    def _chunk(self, position: int, number: int) -> bytes:
        query = "SELECT chunk FROM checkpoint_chunks WHERE position = ? AND number = ?"
        rows = self._execute(query, (position, number))
        if not rows or not isinstance(rows[0][0], bytes):
            raise CheckpointInvalid(f"the checkpoint at position {position} has lost its chunk {number}")
        return rows[0][0]

    def _delete(self, which: str, position: int) -> None:
        for table in ("checkpoints", "checkpoint_chunks"):
            self._execute(f"DELETE FROM {table} WHERE {which}", (position,))


def _checkpoint(columns: tuple[Any, ...]) -> Checkpoint:
    if [type(column) for column in columns] != [int, str, bytes, bytes, int]:
        raise CheckpointInvalid("a checkpoint's columns have other types than were written")
    return Checkpoint(*columns)


def sqlite_checkpoints(path: Path) -> Checkpoints:
    """The store in this file, made if it is not there. Raises CheckpointInvalid if it is no such file."""
    connection: sqlite3.Connection | None = None

    def execute(query: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        nonlocal connection
        try:
            if connection is None:
                make_file(path)
                connection = sqlite3.connect(path, isolation_level=None, timeout=10)
            return connection.execute(query, parameters).fetchall()
        except sqlite3.Error as error:
            advice = "Delete it: checkpoints can be made again" if is_damage(error) else LOOK
            raise CheckpointInvalid(f"{path} cannot be used: {error}. {advice}") from error

    def close() -> None:
        if connection is not None:
            connection.close()

    try:
        execute("PRAGMA journal_mode = WAL", ())
        execute("PRAGMA synchronous = FULL", ())
        return Checkpoints(execute, "blob", close)
    except BaseException:
        close()
        raise


def postgres_checkpoints(url: str) -> Checkpoints:
    """The store in this database, made if it is not there. Raises CheckpointInvalid if the database does not answer."""
    import psycopg  # not needed where everything is embedded, and slow to import

    try:
        connection = psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True)
    except psycopg.Error as error:
        raise CheckpointInvalid(f"the database of the checkpoints cannot be reached: {error}") from error

    def execute(query: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        try:
            done = connection.execute(query.replace("?", "%s"), parameters, binary=True)
            return done.fetchall() if done.description else []
        except psycopg.Error as error:
            raise CheckpointInvalid(f"the checkpoints cannot be read or written: {error}") from error

    try:
        return Checkpoints(execute, "bytea", connection.close)
    except BaseException:
        connection.close()
        raise
