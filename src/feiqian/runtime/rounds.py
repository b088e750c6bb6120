"""Queues by key that take turns: one of each key, then the next of each. Not safe for threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Rounds(Generic[K, V]):
    """True while anything waits. How much may wait is bounded by whoever adds."""

    __slots__ = ("_queues",)

    def __init__(self) -> None:
        self._queues: dict[K, deque[V]] = {}  # the key whose turn is next comes first

    def __bool__(self) -> bool:
        return bool(self._queues)

    def add(self, key: K, value: V) -> None:
        """Behind what waits of this key."""
        self._queues.setdefault(key, deque()).append(value)

    def next(self) -> V:
        """Takes the oldest of the key whose turn it is; that key's next comes after those of all others.

        To be called only while something waits.
        """
        key = next(iter(self._queues))
        queue = self._queues.pop(key)
        value = queue.popleft()
        if queue:
            self._queues[key] = queue
        return value
