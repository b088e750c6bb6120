"""The journal's protocol: what a row is, how rows are chained, and what a store of them must do.

`journal_sqlite.py` and `journal_postgres.py` keep it, and are held to one test suite. Nothing here knows what a body
means, beyond its bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, Protocol

from feiqian.errors import FencedOff, JournalDamaged, JournalMissing
from feiqian.folder import make_file

GENESIS = bytes(32)  # what the first row has as its previous hash
SHARD = 0  # a journal is one shard: a file of SQLite, or the rows of one number in PostgreSQL


class Row(NamedTuple):
    """One commit. `hash` = BLAKE2b-256(previous ‖ position ‖ epoch ‖ body); `written_at` in Unix microseconds."""

    position: int
    epoch: int
    previous: bytes
    hash: bytes
    body: bytes
    written_at: int


class Head(NamedTuple):
    """Where a journal ends: its last row's position and hash (0 and GENESIS if it has none), and the fence's epoch."""

    position: int
    hash: bytes
    epoch: int


class Journal(Protocol):
    """Rows of one shard, in order, in a database of their own. One writer; any number of readers, each with its own."""

    @property
    def identity(self) -> str:
        """The journal's random name, given when it was made. Whatever is derived from it keeps this name."""
        ...

    def lock(self, *, take_over: bool = False) -> None:
        """Takes the lock of the one writer, where the journal can be reached from several data folders.

        It ends with this process. `take_over` ends the session of whoever holds it. Raises JournalLocked.
        """
        ...

    def open_writer(self) -> Head:
        """Takes the fence: from here on no earlier writer can append. Returns the end, with the new epoch."""
        ...

    def append(self, position: int, body: bytes, written_at: int) -> bytes:
        """Writes one row durably, in one statement, and returns its hash.

        Raises FencedOff, having written nothing, if another writer took over; any other error leaves it unknown.
        """
        ...

    def check(self) -> None:
        """For the writer, when idle: the journal answers, and the fence is still its own. Raises FencedOff."""
        ...

    def rows(self, after: int) -> Iterator[Row]:
        """The rows after this position, verified one by one. Raises JournalDamaged, naming the position."""
        ...

    def head(self) -> Head:
        """Where the journal ends now, as a reader sees it."""
        ...

    def hash_at(self, position: int) -> bytes | None:
        """The stored hash of this row (GENESIS for 0), or None if there is no such row."""
        ...

    def close(self) -> None: ...


def row_hash(previous: bytes, position: int, epoch: int, body: bytes) -> bytes:
    """The chain's hash: BLAKE2b with 32 bytes (RFC 7693), numbers as 8 bytes, big-endian."""
    hasher = blake2b(previous, digest_size=32)
    hasher.update(position.to_bytes(8, "big") + epoch.to_bytes(8, "big"))
    hasher.update(body)
    return hasher.digest()


def verified(rows: Iterable[Row], after: int, previous: bytes, epoch: int = 0) -> Iterator[Row]:
    """Passes rows on as long as each follows the one before it. Raises JournalDamaged at the first that does not."""
    position = after
    for row in rows:
        position += 1
        if row.position != position:
            raise JournalDamaged(position, f"the row is missing (the next one is {row.position})")
        if row.previous != previous:
            raise JournalDamaged(position, "it does not follow the row before it (previous hash differs)")
        if row.epoch < epoch:
            raise JournalDamaged(position, f"its epoch {row.epoch} is older than {epoch}, that of the row before it")
        if row.hash != row_hash(row.previous, row.position, row.epoch, row.body):
            raise JournalDamaged(position, "its hash is not that of its contents")
        previous, epoch = row.hash, row.epoch
        yield row


class Chain:
    """What both stores do alike: the writer's place in the chain, and reading it page by page, verified."""

    PAGE = 64  # rows read at a time: no read stays open while they are worked on

    def __init__(self) -> None:
        self._epoch = self._last_position = 0
        self._last_hash = GENESIS
        self._read = (0, GENESIS, 0)  # position, hash and epoch of the row that was last read and found good

    def _take(self, head: Head) -> Head:
        """The writer goes on from here."""
        self._last_position, self._last_hash, self._epoch = head.position, head.hash, head.epoch
        return head

    def _next(self, position: int, body: bytes) -> tuple[bytes, bytes]:
        """The next row's previous hash and its own."""
        if position != self._last_position + 1:
            raise ValueError(f"the next position is {self._last_position + 1}, not {position}")
        return self._last_hash, row_hash(self._last_hash, position, self._epoch, body)

    def rows(self, after: int) -> Iterator[Row]:
        """See `Journal.rows`."""
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

    def check(self) -> None:
        """See `Journal.check`."""
        if self.head().epoch != self._epoch:
            raise FencedOff("another writer has taken the journal over")

    def head(self) -> Head:
        """See `Journal.head`."""
        raise NotImplementedError

    def hash_at(self, position: int) -> bytes | None:
        """See `Journal.hash_at`."""
        raise NotImplementedError

    def _page(self, after: int) -> list[Row]:
        """The next PAGE rows, unverified."""
        raise NotImplementedError


def check_marker(marker: Path, identity: str | None) -> None:
    """Compares the marker beside a journal with the journal's identity (None: there is no journal).

    The marker is what tells "not yet" from "no longer". Raises JournalMissing.
    """
    known = marker.read_text().strip() if marker.exists() else None
    if known is None or known == identity:
        return
    if identity is None:
        raise JournalMissing(f"there was a journal {known} here ({marker} says so) and it is gone; restore it")
    raise JournalMissing(f"the journal is {identity}, but {marker} says that {known} belongs here")


def write_marker(marker: Path, identity: str) -> None:
    """Leaves the marker beside a new journal, durably."""
    if marker.exists():
        return
    make_file(marker)
    with open(marker, "w") as file:
        file.write(identity + "\n")
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(marker.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
