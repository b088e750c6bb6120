"""The newest decisions in memory, so that a retry shortly after is answered without the read model.

A convenience only: whatever is not here is found in the read model, by the same id.
"""

from __future__ import annotations

from typing import Generic, TypeVar

SIZE = 10_000
T = TypeVar("T")


class Recent(Generic[T]):
    """At most `size` entries by transfer id; the oldest goes first."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._entries: dict[bytes, T] = {}

    def get(self, transfer: bytes) -> T | None:
        return self._entries.get(transfer)

    def put(self, transfer: bytes, entry: T) -> None:
        self._entries[transfer] = entry
        if len(self._entries) > self._size:
            del self._entries[next(iter(self._entries))]
