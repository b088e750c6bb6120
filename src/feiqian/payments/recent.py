"""The newest decisions in memory, so that a retry shortly after is answered without the read model.

A convenience only: whatever is not here is found in the read model, by the same id.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

SIZE = 10_000
T = TypeVar("T")


class Recent(Generic[T]):
    """At most `size` entries by transfer id; the oldest goes first."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._entries: dict[bytes, T] = {}
        self._order: deque[bytes] = deque()  # a dict finds its oldest key ever more slowly

    def get(self, transfer: bytes) -> T | None:
        return self._entries.get(transfer)

    def put(self, transfer: bytes, entry: T) -> None:
        """Adds what was decided; a transfer is decided once, so it is never there before."""
        self._entries[transfer] = entry
        self._order.append(transfer)
        if len(self._order) > self._size:
            del self._entries[self._order.popleft()]
