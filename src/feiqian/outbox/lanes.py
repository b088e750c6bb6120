"""How many sendings each lane of a topic may have under way: the lanes of slow receivers hold up no others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

SLOW_SECONDS = 3.0  # an answer that takes longer


class Lanes:
    """Which of a topic's lanes were slow or failed last. Those have one place each, and half of all together."""

    def __init__(self, at_once: int, each: int) -> None:
        self._at_once, self._each = at_once, each
        self._slow: set[str] = set()

    def ended(self, lane: str, seconds: float, *, sent: bool) -> None:  # not money: a time
        """What the last sending of a lane took."""
        if sent and seconds <= SLOW_SECONDS:
            self._slow.discard(lane)
        elif lane:
            self._slow.add(lane)

    def room(self, under_way: Iterable[str]) -> Room:
        """The places that are free, besides those of the lanes of what is under way."""
        busy = Counter(under_way)
        slow = sum(count for lane, count in busy.items() if lane in self._slow)
        return Room(self._at_once - busy.total(), max(1, self._at_once // 2) - slow, self._each, busy, self._slow)


class Room:
    """The free places of one moment."""

    def __init__(self, free: int, free_slow: int, each: int, busy: Counter[str], slow: set[str]) -> None:
        self._free, self._free_slow, self._each, self._busy, self._slow = free, free_slow, each, busy, slow

    def take(self, lane: str) -> int:
        """How many places the lane may take now."""
        slow = lane in self._slow
        own = (1 if slow else self._each) - self._busy[lane]
        return max(0, min(own, self._free, self._free_slow if slow else self._free))

    def used(self, lane: str) -> None:
        """One of them is taken."""
        self._busy[lane] += 1
        self._free -= 1
        self._free_slow -= lane in self._slow
