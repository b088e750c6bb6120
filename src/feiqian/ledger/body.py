"""The body of a journal row: what the engine accepted, and the facts that the business noted beside it.

Knows neither what records mean nor what facts say. The layout is little-endian:

    "FQB1"  records: u32 bytes  facts: u32 count  | records | for each fact: u32 length, bytes
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from .engine import EVENT_SIZE

_MAGIC = b"FQB1"
_HEADER = struct.Struct("<4sII")
_LENGTH = struct.Struct("<I")


class Body(NamedTuple):
    """A decoded body: engine records (80 bytes each), and facts as they were encoded."""

    records: bytes
    facts: list[bytes]


def encode_body(records: bytes, facts: Sequence[bytes]) -> bytes:
    """One row's body. Raises ValueError if `records` is not whole records."""
    if len(records) % EVENT_SIZE:
        raise ValueError(f"{len(records)} bytes are not a whole number of records of {EVENT_SIZE} bytes")
    parts = [_HEADER.pack(_MAGIC, len(records), len(facts)), records]
    for fact in facts:
        parts.append(_LENGTH.pack(len(fact)))
        parts.append(fact)
    return b"".join(parts)


def decode_body(body: bytes) -> Body:
    """Raises ValueError, saying what is wrong, for bytes that `encode_body` did not write."""
    if len(body) < _HEADER.size:
        raise ValueError(f"the body has {len(body)} bytes, fewer than its header")
    magic, size, count = _HEADER.unpack_from(body)
    if magic != _MAGIC:
        raise ValueError("the body does not begin with FQB1")
    at = _HEADER.size + size
    if size % EVENT_SIZE or at > len(body):
        raise ValueError(f"the body says that it has {size} bytes of records, which cannot be")
    facts = []
    for _ in range(count):
        fact, at = _fact_at(body, at)
        facts.append(fact)
    if at != len(body):
        raise ValueError(f"the body ends at byte {at}, but has {len(body)}")
    return Body(body[_HEADER.size : _HEADER.size + size], facts)


def _fact_at(body: bytes, at: int) -> tuple[bytes, int]:
    start = at + _LENGTH.size
    if start > len(body):
        raise ValueError(f"the body ends within the length of a fact, at byte {at}")
    end = start + int(_LENGTH.unpack_from(body, at)[0])
    if end > len(body):
        raise ValueError(f"the body ends within a fact, at byte {at}")
    return body[start:end], end
