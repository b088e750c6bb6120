"""An entry of the audit log, how it is hashed, and what may be in it. Computes only; nothing here asks a database.

The hash of an entry is BLAKE2b-256 (RFC 7693) of: the hash before it, its position (8 bytes, big-endian), and the
canonical MessagePack of [at, role, number, action, about, details], the details' keys in order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from feiqian.audit_log.errors import EntryRefused
from feiqian.subjects import Subject

GENESIS = b"\0" * 32  # what stands before the first entry
MAX_DETAILS_BYTES = 4_000
MAX_ABOUT, MAX_ACTION = 64, 40
# A detail of such a name would be a secret, whatever is in it.
FORBIDDEN = ("password", "pin", "code", "token", "secret", "otp", "totp_uri", "document", "image", "cookie", "cvv")

_HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})", re.ASCII)
_encoder = msgspec.msgpack.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what, about whom, when (Unix microseconds). `about` is a subject ("customer:17") or a thing's id."""

    position: int
    at: int
    actor: Subject
    action: str
    about: str
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """Where the audit log ends. Kept outside the database, nothing before it can be changed unseen."""

    position: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.position}:{self.hash.hex()}"

    @classmethod
    def read(cls, text: str) -> Head:
        """What `str` made of a head. Raises ValueError."""
        match = _HEAD.fullmatch(text.strip())
        if match is None:
            raise ValueError("a head of the audit log is a position, a colon and 64 hexadecimal digits")
        return cls(int(match[1]), bytes.fromhex(match[2]))


@dataclass(frozen=True, slots=True)
class Finding:
    """The first position that is not as it was written, and what is wrong there."""

    position: int
    what: str

    def __str__(self) -> str:
        return f"trail position {self.position}: {self.what}"


def pack_details(details: Mapping[str, object]) -> bytes:
    """Canonical MessagePack of what may stand in the audit log. Raises EntryRefused; its text has no values."""
    for name, value in details.items():
        _check_detail(name, value)
    packed = _encoder.encode(dict(details))
    if len(packed) > MAX_DETAILS_BYTES:
        raise EntryRefused(f"an entry's details have {len(packed)} bytes; {MAX_DETAILS_BYTES} is the most")
    return packed


def unpack_details(packed: bytes) -> dict[str, object]:
    """What `pack_details` made; arrays as lists."""
    return msgspec.msgpack.decode(packed, type=dict[str, object])


def hash_of(previous: bytes, position: int, at: int, actor: Subject, action: str, about: str, details: bytes) -> bytes:
    """The 32 bytes that chain an entry; `details` as packed."""
    entry = [at, *actor, action, about, msgspec.Raw(details)]
    hashed = hashlib.blake2b(previous, digest_size=32)
    hashed.update(position.to_bytes(8, "big") + _encoder.encode(entry))
    return hashed.digest()


def check_entry(action: str, about: str) -> None:
    """Raises EntryRefused for what the columns cannot hold."""
    if not 0 < len(action) <= MAX_ACTION or not 0 < len(about) <= MAX_ABOUT:
        raise EntryRefused("an entry says what was done and about whom, in few letters")


def _check_detail(name: str, value: object) -> None:
    if name.lower() in FORBIDDEN:
        raise EntryRefused(f"the audit log holds no {name}")
    items = value if isinstance(value, tuple | list) else (value,)
    if not all(item is None or isinstance(item, str | int) for item in items):
        raise EntryRefused(f"the detail {name} is neither text nor a whole number")
