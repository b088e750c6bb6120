"""The body of a journal row: what the engine accepted, and the facts that the business noted beside it.

Knows neither what records mean nor what facts say. After the stamp (`stamp.py`) the layout is the same in both formats,
little-endian:

    stamp | records: u32 bytes  facts: u32 count  | records | for each fact: u32 length, bytes
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from .engine import EVENT_SIZE
from .stamp import FIRST, FORMAT, SHARD, STAMP_SIZE, covered, format_of, write_stamp

_FIRST_MAGIC = b"FQB1"
_HEADER = struct.Struct("<II")
_LENGTH = struct.Struct("<I")


class Body(NamedTuple):
    """A decoded body: engine records (80 bytes each), and facts as they were encoded."""

    records: bytes
    facts: list[bytes]


def encode_body(records: bytes, facts: Sequence[bytes], written_at: int, shard: int = SHARD) -> bytes:
    """One row's body, in today's format; `written_at` in Unix microseconds.

    Raises ValueError if `records` is not whole records.
    """
    if len(records) % EVENT_SIZE:
        raise ValueError(f"{len(records)} bytes are not a whole number of records of {EVENT_SIZE} bytes")
    parts = [write_stamp(written_at, shard), _HEADER.pack(len(records), len(facts)), records]
    for fact in facts:
        parts.append(_LENGTH.pack(len(fact)))
        parts.append(fact)
    return b"".join(parts)


def decode_body(body: bytes) -> Body:
    """Reads both formats. Raises ValueError, saying what is wrong, for bytes that no version has written."""
    begin = _after_stamp(body)
    if len(body) < begin + _HEADER.size:
        raise ValueError(f"the body has {len(body)} bytes, fewer than its header")
    size, count = _HEADER.unpack_from(body, begin)
    begin += _HEADER.size
    at = begin + size
    if size % EVENT_SIZE or at > len(body):
        raise ValueError(f"the body says that it has {size} bytes of records, which cannot be")
    facts = []
    for _ in range(count):
        fact, at = _fact_at(body, at)
        facts.append(fact)
    if at != len(body):
        raise ValueError(f"the body ends at byte {at}, but has {len(body)}")
    return Body(body[begin : begin + size], facts)


def _after_stamp(body: bytes) -> int:
    """Where the stamp ends."""
    format = format_of(body)
    if format > FORMAT:
        raise ValueError(f"the body has format {format}; this version reads formats up to {FORMAT}")
    if format == FORMAT:
        covered(body)
        return STAMP_SIZE
    if body[:4] != _FIRST_MAGIC:
        raise ValueError(f"the body does not begin with FQB{FIRST} or FQB{FORMAT}")
    return len(_FIRST_MAGIC)


def _fact_at(body: bytes, at: int) -> tuple[bytes, int]:
    start = at + _LENGTH.size
    if start > len(body):
        raise ValueError(f"the body ends within the length of a fact, at byte {at}")
    end = start + int(_LENGTH.unpack_from(body, at)[0])
    if end > len(body):
        raise ValueError(f"the body ends within a fact, at byte {at}")
    return body[start:end], end
