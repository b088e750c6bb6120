"""The first bytes of a journal row's body: the number of its format, and columns of the row that its hash has to cover.

Knows neither records nor facts. All numbers are little-endian:

    format 1: "FQB1"                                    and no column is covered
    format 2: "FQB2"  shard: u32  written_at: i64       Unix microseconds

The body is hashed from its first byte on, behind fields of fixed length, so one hash cannot stand for two formats.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

SHARD = 0  # a journal is one shard: a file of SQLite, or the rows of one number in PostgreSQL
FIRST, FORMAT = 1, 2  # the format before there were numbers under the hash, and the one that is written
_NAME = b"FQB"
_STAMP = struct.Struct("<4sIq")
_MAGIC = b"FQB2"
STAMP_SIZE = _STAMP.size


class Covered(NamedTuple):
    """Columns of a row, as they stand under its hash. `written_at` in Unix microseconds."""

    shard: int
    written_at: int


def write_stamp(written_at: int, shard: int = SHARD) -> bytes:
    """How a body of today's format begins."""
    return _STAMP.pack(_MAGIC, shard, written_at)


def format_of(body: bytes) -> int:
    """The number of a body's format: FIRST where it bears none, above FORMAT where a newer version wrote it."""
    if body[:4] == _MAGIC:
        return FORMAT
    number = body[3] - ord("0") if len(body) > 3 and body[:3] == _NAME else FIRST
    return max(number, FIRST)


def covered(body: bytes) -> Covered:
    """The columns that a body of format 2 covers. Raises ValueError if it ends before them."""
    if len(body) < STAMP_SIZE:
        raise ValueError(f"the body has {len(body)} bytes, fewer than its format, shard and time")
    return Covered(*_STAMP.unpack_from(body)[1:])
