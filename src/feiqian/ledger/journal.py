"""The journal's protocol: what a row is, how rows are chained, and what a store of them must do.

`journal_sqlite.py` and `journal_postgres.py` keep it, and are held to one test suite. Nothing here knows what a body
means, beyond its stamp (`stamp.py`): its format, and the columns that it covers.
"""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from feiqian.errors import FencedOff, JournalDamaged, JournalMissing, JournalTooNew
from feiqian.folder import make_file

from .stamp import FIRST, FORMAT, SHARD, covered, format_of, write_stamp

GENESIS = bytes(32)  # what the first row has as its previous hash
LAST_EPOCH = 2**63 - 1  # what a column holds; nobody starts as often as that
_TYPES = [int, int, bytes, bytes, bytes, int, int]  # of a row's columns


class Row(NamedTuple):
    """One commit. `hash` = BLAKE2b-256(previous ‖ position ‖ epoch ‖ body); `written_at` in Unix microseconds.

    From format 2 on the body begins with `shard` and `written_at`, so that the hash covers every column.
    """

    position: int
    epoch: int
    previous: bytes
    hash: bytes
    body: bytes
    written_at: int
    shard: int = SHARD


class Read(NamedTuple):
    """What the row before must have been for the next one to follow it; of no row, the first values."""

    position: int = 0
    hash: bytes = GENESIS
    epoch: int = 0
    format: int = FIRST


class Head(NamedTuple):
    """Where a journal ends: its last row's position and hash (0 and GENESIS if it has none), and the fence's epoch."""

    position: int
    hash: bytes
    epoch: int


def row_hash(previous: bytes, position: int, epoch: int, body: bytes) -> bytes:
    """The chain's hash: BLAKE2b with 32 bytes (RFC 7693), numbers as 8 bytes, big-endian."""
    hasher = blake2b(previous, digest_size=32)
    hasher.update(position.to_bytes(8, "big") + epoch.to_bytes(8, "big"))
    hasher.update(body)
    return hasher.digest()


def row_of(columns: tuple[Any, ...]) -> Row:
    """A row as it was stored. Raises JournalDamaged where a column has another type than was written."""
    if [type(column) for column in columns] != _TYPES:
        position = columns[0] if isinstance(columns[0], int) else 0
        raise JournalDamaged(position, "a column has another type than was written")
    return Row(*columns)


def verified(rows: Iterable[Row], after: int, previous: bytes, epoch: int = 0, format: int = FIRST) -> Iterator[Row]:
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
        previous, epoch, format = row.hash, row.epoch, _checked_format(row, format)
        yield row


def _checked_format(row: Row, before: int) -> int:
    """The row's format, which is not older than that of the row before; what it covers is what its columns say."""
    format = known_format(row)
    if format < before:
        raise JournalDamaged(row.position, f"it has format {format}, but the row before it has format {before}")
    if format == FIRST:
        return format
    try:
        shard, written_at = covered(row.body)
    except ValueError as error:
        raise JournalDamaged(row.position, str(error)) from error
    if row.written_at != written_at:
        why = f"its column written_at says {row.written_at}, but its hash was made with {written_at}"
        raise JournalDamaged(row.position, why)
    if row.shard != shard:
        raise JournalDamaged(row.position, f"its column shard says {row.shard}, but its hash was made with {shard}")
    return format


def known_format(row: Row) -> int:
    """The row's format. Raises JournalTooNew if this version does not know it."""
    format = format_of(row.body)
    if format > FORMAT:
        raise JournalTooNew(
            f"the journal's row at position {row.position} has format {format}, and this version reads formats up to"
            f" {FORMAT}: use the version of Feiqian that wrote it, or a later one"
        )
    return format


class Journal(ABC):
    """Rows of one shard, in order, in a database of their own. One writer; any number of readers, each with its own.

    What all stores do alike is here: the writer's place in the chain, and reading it page by page, verified.
    """

    PAGE = 64  # rows read at a time: no read stays open while they are worked on
    identity: str  # its random name, given when it was made; whatever is derived from it keeps this name

    def __init__(self) -> None:
        self._epoch = self._last_position = 0
        self._last_hash, self._last_format = GENESIS, FIRST
        self._read = Read()  # the row that was last read and found good

    @abstractmethod
    def close(self) -> None: ...

    # --- writing -----------------------------------------------------------------------------------------------

    @abstractmethod
    def lock(self, *, take_over: bool = False) -> None:
        """Takes the lock of the one writer, where the journal can be reached from several data folders.

        It ends with this process. `take_over` ends the session of whoever holds it. Raises JournalLocked.
        """

    def open_writer(self) -> Head:
        """Takes the fence: from here on no earlier writer can append. Returns the end, with the new epoch.

        Raises JournalDamaged, having written nothing, if the fence's epoch is below that of the last row, and
        JournalTooNew if a later version has written that row.
        """
        self._format_at(self.head().position)  # a newer version's journal is refused before its writer is fenced off
        epoch = self._raise_fence()
        head = self.head()
        if epoch is None:
            raise JournalDamaged(
                head.position,
                f"the fence's epoch is {head.epoch}, which cannot come after that of the last row: somebody has set"
                " it; restore the journal",
            )
        self._last_format = self._format_at(head.position)
        self._last_position, self._last_hash, self._epoch = head.position, head.hash, epoch
        return head._replace(epoch=epoch)

    def _format_at(self, position: int) -> int:
        rows = self._page(position - 1, 1) if position else []
        return known_format(rows[0]) if rows else FIRST

    @abstractmethod
    def _raise_fence(self) -> int | None:
        """Adds one to the fence's epoch and returns it; None, and nothing is written, if it is below the last row's."""

    @abstractmethod
    def append(self, position: int, body: bytes, written_at: int) -> bytes:
        """Writes one row durably, in one statement, and returns its hash.

        Raises ValueError, having written nothing, if position, format or `written_at` are not the next row's;
        FencedOff, having written nothing, if another writer took over; any other error leaves it unknown.
        """

    def _next(self, position: int, body: bytes, written_at: int) -> tuple[bytes, bytes]:
        """The next row's previous hash and its own."""
        if position != self._last_position + 1:
            raise ValueError(f"the next position is {self._last_position + 1}, not {position}")
        if not body.startswith(write_stamp(written_at)):
            self._check_other(body, written_at)
        return self._last_hash, row_hash(self._last_hash, position, self._epoch, body)

    def _check_other(self, body: bytes, written_at: int) -> None:
        """A body that does not begin as today's do: of the first format, where that may still be, or a wrong one."""
        format = format_of(body)
        if format < self._last_format:
            raise ValueError(f"a row of format {format} cannot follow one of format {self._last_format}")
        if format != FIRST:
            raise ValueError(f"the body was not made for a row of shard {SHARD}, written at {written_at}")

    def _written(self, position: int, hash: bytes, body: bytes) -> bytes:
        """The row is in the database: the writer goes on from it."""
        self._last_position, self._last_hash = position, hash
        if self._last_format != FORMAT:
            self._last_format = format_of(body)
        return hash

    def check(self) -> None:
        """For the writer, when idle: the journal answers, and the fence is still its own. Raises FencedOff."""
        if self.head().epoch != self._epoch:
            raise FencedOff("another writer has taken the journal over")

    def check_place(self) -> None:  # noqa: B027  # a server's database is where its address is
        """Raises JournalMoved if what is written now would not be found at the next start."""

    # --- reading -----------------------------------------------------------------------------------------------

    def rows(self, after: int) -> Iterator[Row]:
        """The rows after this position, verified one by one. Raises JournalDamaged, naming the position."""
        read = self._read if self._read.position == after else self._row_before(after)
        while page := self._page(read.position, self.PAGE):
            for row in verified(page, *read):
                read = self._read = Read(row.position, row.hash, row.epoch, format_of(row.body))
                yield row

    def _row_before(self, position: int) -> Read:
        """What the rows after this position have to follow: its row, if that is what was written."""
        if position == 0:
            return Read()
        for row in self._page(position - 1, 1):
            for one in verified([row], position - 1, row.previous):
                return Read(one.position, one.hash, one.epoch, format_of(one.body))
        raise JournalDamaged(position, "the row is missing")

    @abstractmethod
    def head(self) -> Head:
        """Where the journal ends now, as a reader sees it."""

    @abstractmethod
    def hash_at(self, position: int) -> bytes | None:
        """The stored hash of this row (GENESIS for 0), or None if there is no such row."""

    @abstractmethod
    def _page(self, after: int, count: int) -> list[Row]:
        """The next rows, at most so many, unverified."""


def check_marker(marker: Path, identity: str | None) -> None:
    """Compares the marker beside a journal with the journal's identity (None: there is no journal).

    The marker is what tells "not yet" from "no longer". Raises JournalMissing.
    """
    known = marker.read_bytes().strip().decode(errors="replace") if marker.exists() else None
    if known is None or known == identity:
        return
    if not re.fullmatch("[0-9a-f]{32}", known):
        raise JournalMissing(
            f"{marker} is damaged; if the journal here is the one that belongs here, write its name into it:"
            f" {identity or 'there is no journal'}"
        )
    if identity is None:
        raise JournalMissing(f"there was a journal {known} here ({marker} says so) and it is gone; restore it")
    raise JournalMissing(f"the journal is {identity}, but {marker} says that {known} belongs here")


def write_marker(marker: Path, identity: str) -> None:
    """Leaves the marker beside a new journal, durably and whole: under its name it is never half written."""
    if marker.exists():
        return
    partial = marker.with_name(f"{marker.name}.partial")
    make_file(partial)
    with open(partial, "w") as file:
        file.write(identity + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(marker)
    folder = os.open(marker.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
