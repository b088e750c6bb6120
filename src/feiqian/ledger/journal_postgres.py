"""The journal in PostgreSQL, or in a database that speaks its protocol.

One statement an append, in autocommit; it locks the fence's row FOR SHARE, so that whoever takes the fence waits for a
write under way, and a write that comes after finds the fence taken. At start it refuses settings under which a commit
that was acknowledged could be lost.
"""

from __future__ import annotations

import secrets
from hashlib import blake2b
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors

from feiqian.errors import (
    DurabilityRefused,
    FencedOff,
    JournalDamaged,
    JournalLocked,
    JournalMissing,
    JournalUnavailable,
)

from .journal import GENESIS, LAST_EPOCH, Head, Journal, Row, check_marker, write_marker
from .stamp import SHARD

_SCHEMA = """
CREATE TABLE journal (
  shard integer NOT NULL, position bigint NOT NULL, epoch bigint NOT NULL, previous bytea NOT NULL,
  hash bytea NOT NULL, body bytea NOT NULL, written_at bigint NOT NULL, PRIMARY KEY (shard, position));
ALTER TABLE journal ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE fence (shard integer PRIMARY KEY, epoch bigint NOT NULL, identity text NOT NULL);
"""
_APPEND = f"""
WITH fenced AS (SELECT epoch FROM fence WHERE shard = {SHARD} AND epoch = %(epoch)s FOR SHARE)
INSERT INTO journal (shard, position, epoch, previous, hash, body, written_at)
SELECT {SHARD}, %(position)s, epoch, %(previous)b, %(hash)b, %(body)b, %(written_at)s FROM fenced
WHERE (SELECT coalesce(max(position), 0) FROM journal WHERE shard = {SHARD}) = %(position)s - 1
"""
_PAGE = f"""
SELECT position, epoch, previous, hash, body, written_at, shard FROM journal
WHERE shard = {SHARD} AND position > %s ORDER BY position LIMIT %s
"""
_RAISE_FENCE = f"""
UPDATE fence SET epoch = epoch + 1 WHERE shard = {SHARD} AND epoch < {LAST_EPOCH} AND epoch >=
coalesce((SELECT epoch FROM journal WHERE shard = {SHARD} ORDER BY position DESC LIMIT 1), 0) RETURNING epoch
"""
# Rows of another number are no part of the chain, so one that was moved there would only be missing.
_STRAY = f"""
(SELECT shard, position FROM journal WHERE shard < {SHARD} ORDER BY shard DESC, position LIMIT 1) UNION ALL
(SELECT shard, position FROM journal WHERE shard > {SHARD} ORDER BY shard, position LIMIT 1) LIMIT 1
"""
_HEAD = f"""
SELECT coalesce(j.position, 0), j.hash, f.epoch FROM fence f LEFT JOIN journal j ON j.shard = f.shard
AND j.position = (SELECT max(position) FROM journal WHERE shard = {SHARD}) WHERE f.shard = {SHARD}
"""
_END_HOLDER = """
SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND classid = %s::bigint::oid AND objid = %s::bigint::oid
"""
LOCK_MILLISECONDS = 3_000


class PostgresJournal(Journal):
    """See `journal.Journal`. `standbys` is how many synchronous standbys must be streaming when a writer starts.

    Raises JournalMissing where there is no journal to open and none may be made, DurabilityRefused.
    """

    def __init__(self, url: str, *, create: bool = False, marker: Path | None = None, standbys: int = 0) -> None:
        super().__init__()
        self._standbys = standbys
        try:
            self._connection = psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True)
        except psycopg.OperationalError as error:
            raise JournalUnavailable(f"the journal's database cannot be reached: {error}") from error
        try:
            identity = self._identity()
            if marker is not None:
                check_marker(marker, identity)
            if identity is None:
                if not create:
                    raise JournalMissing(f"there is no journal in the database {self._connection.info.dbname}")
                identity = self._make()
        except BaseException:
            self._connection.close()
            raise
        self.identity = identity
        if create and marker is not None:
            write_marker(marker, identity)

    def _identity(self) -> str | None:
        if self._one("SELECT to_regclass('fence')")[0] is None:
            return None
        row = self._connection.execute(f"SELECT identity FROM fence WHERE shard = {SHARD}").fetchone()
        if row is None:
            raise JournalDamaged(0, "the database has lost its fence")
        stray = self._connection.execute(_STRAY).fetchone()
        if stray is not None:
            raise JournalDamaged(stray[1], f"its shard is {stray[0]}, and this journal has shard {SHARD} only")
        return str(row[0])

    def _make(self) -> str:
        identity = secrets.token_hex(16)
        with self._connection.transaction():
            self._connection.execute(_SCHEMA)
            self._connection.execute(f"INSERT INTO fence VALUES ({SHARD}, 0, %s)", (identity,))
        return identity

    def lock(self, *, take_over: bool = False) -> None:
        """A session's advisory lock: PostgreSQL gives it back when this connection ends, also of a killed process."""
        key = blake2b(f"feiqian journal {self.identity}".encode(), digest_size=8).digest()
        if take_over:
            halves = int.from_bytes(key[:4], "big"), int.from_bytes(key[4:], "big")
            self._connection.execute(_END_HOLDER, halves)
        self._connection.execute(f"SET lock_timeout = {LOCK_MILLISECONDS}")  # the session of a killed one ends shortly
        try:
            self._connection.execute("SELECT pg_advisory_lock(%s)", (int.from_bytes(key, "big", signed=True),))
        except errors.LockNotAvailable:
            raise JournalLocked(
                f"another server writes the journal in the database {self._connection.info.dbname}; it goes on, and"
                " this one ends. If that one hangs, or its machine cannot be reached: feiqian serve --take-over"
            ) from None
        self._connection.execute("RESET lock_timeout")

    def open_writer(self) -> Head:
        self._check_durability()
        return super().open_writer()

    def _raise_fence(self) -> int | None:
        row = self._connection.execute(_RAISE_FENCE).fetchone()
        return None if row is None else int(row[0])

    def _check_durability(self) -> None:
        """A setting that loses acknowledged commits is refused before anything is decided."""
        for setting in ("fsync", "full_page_writes"):
            if self._one(f"SHOW {setting}")[0] != "on":
                raise DurabilityRefused(f"PostgreSQL runs with {setting} off: a crash could lose what it acknowledged")
        commit = str(self._one("SHOW synchronous_commit")[0])
        allowed = ("on", "remote_apply") if self._standbys else ("on", "remote_apply", "remote_write", "local")
        if commit not in allowed:
            raise DurabilityRefused(f"synchronous_commit is {commit}; it must be one of {', '.join(allowed)}")
        if self._standbys:
            self._check_standbys()

    def _check_standbys(self) -> None:
        query = (
            "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state IN ('sync', 'quorum')"
        )
        streaming = int(self._one(query)[0])
        if streaming < self._standbys:
            raise DurabilityRefused(f"{streaming} synchronous standbys are streaming, {self._standbys} are required")

    def append(self, position: int, body: bytes, written_at: int) -> bytes:
        previous, hash = self._next(position, body, written_at)
        row = {"position": position, "epoch": self._epoch, "previous": previous, "hash": hash, "body": body}
        done = self._connection.execute(_APPEND, {**row, "written_at": written_at}, prepare=True)
        if done.rowcount != 1:
            raise FencedOff(f"another writer has taken the journal over; position {position} was not written")
        return self._written(position, hash, body)

    def _page(self, after: int, count: int) -> list[Row]:
        try:
            return [Row(*row) for row in self._connection.execute(_PAGE, (after, count), binary=True)]
        except (errors.DataCorrupted, errors.IndexCorrupted, errors.InternalError_) as error:
            raise JournalDamaged(after + 1, f"it cannot be read: {error}") from error

    def head(self) -> Head:
        position, hash, epoch = self._one(_HEAD)
        return Head(position, GENESIS if hash is None else hash, epoch)

    def hash_at(self, position: int) -> bytes | None:
        if position == 0:
            return GENESIS
        query = f"SELECT hash FROM journal WHERE shard = {SHARD} AND position = %s"
        row = self._connection.execute(query, (position,)).fetchone()
        return None if row is None else bytes(row[0])

    def _one(self, query: str) -> tuple[Any, ...]:
        row = self._connection.execute(query).fetchone()
        if row is None:
            raise JournalDamaged(0, "the database has lost its fence")
        return row

    def close(self) -> None:
        self._connection.close()
