"""Heads of requests that were taken before: what was made of one holds for the same bytes again, without parsing them.

A merchant's system sends the same head with each payment, but for the length of the body. Nothing is read in a head
here: it is known only after the parser, all checks of heads and the application have taken it, with a request that came
whole and alone. Of a head a keyed hash is kept (BLAKE2b, RFC 7693), because there is an API key in it.
"""

from __future__ import annotations

import secrets
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .exchange import AtOnce

MOST_HEADS = 4_096
LONGEST_HEAD_BYTES = 1_024  # that is kept
_END = b"\r\n\r\n"


class KnownHead(NamedTuple):
    """What was made of a head. `size` in bytes, and `whole` with the body that it announces."""

    application: AtOnce
    known: bytes  # what the application has made of it
    size: int
    whole: int


class KnownHeads:
    """The heads of all connections of one server; the one that was kept first goes first."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=16, key=secrets.token_bytes(32))
        self._heads: dict[bytes, KnownHead] = {}

    def find(self, data: bytes) -> KnownHead | None:
        """The head of `data`, if that is one whole request and its head is known."""
        end = data.find(_END, 0, LONGEST_HEAD_BYTES)
        found = None if end < 0 else self._heads.get(self._hashed(data, end))
        return found if found is not None and found.whole == len(data) else None

    def keep(self, data: bytes, body_bytes: int, application: AtOnce, known: bytes) -> None:
        """Keeps the head of `data`, in which the parser has found a request with a body of so many bytes.

        Unless there is more in it, such as the beginning of another request.
        """
        end = data.find(_END, 0, LONGEST_HEAD_BYTES)
        size = end + len(_END)
        if end < 0 or size + body_bytes != len(data):
            return
        if len(self._heads) >= MOST_HEADS:
            del self._heads[next(iter(self._heads))]
        self._heads[self._hashed(data, end)] = KnownHead(application, known, size, len(data))

    def _hashed(self, data: bytes, end: int) -> bytes:
        keyed = self._hash.copy()
        keyed.update(data[:end])
        return keyed.digest()
