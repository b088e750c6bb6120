"""What clients may make the server keep: so much each, so much in all; whoever holds most gives up their oldest.

Counts keys only; whoever keeps something under a key removes what is given up. Knows one process, any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from feiqian.runtime.alarms import Alarm
from feiqian.runtime.metrics import Metrics

BEFORE = "before the start"  # holder of what was there already, whoever began it: it makes room first


class Holdings:
    """`each`: keys of one holder; `in_all`: keys of all. `name` is what is kept, in the log and among the metrics."""

    def __init__(self, name: str, each: int, in_all: int) -> None:
        self.name, self.each, self.in_all = name, each, in_all
        self._lock = threading.Lock()
        self._holder_of: dict[str, str] = {}
        self._keys: dict[str, dict[str, None]] = {}  # by holder, the oldest key first
        self._by_count: dict[int, dict[str, None]] = {}  # holders by how many keys they have
        self._most = 0  # keys that one holder has
        self.alarm = Alarm(f"kept_{name}_full")

    def measure(self, metrics: Metrics) -> None:
        """How many there are, and the alarm, as /metrics shows them."""
        metrics.gauge(f"feiqian_kept_{self.name}", f"Kept of strangers: {self.name}", lambda: len(self))
        self.alarm.measure(metrics, f"no more {self.name} are kept, and the oldest make room")

    def __len__(self) -> int:
        return len(self._holder_of)

    def take(self, holder: str, key: str) -> list[str]:
        """Notes a new key. Returns the keys that are given up for it, which are noted no more."""
        with self._lock:
            self._add(holder, key)
            given_up = [self._give_up(holder)] if len(self._keys[holder]) > self.each else []
            while len(self._holder_of) > self.in_all:
                given_up.append(self._give_up(next(iter(self._by_count[self._most]))))
            self._tell()
        return given_up

    def drop(self, keys: Iterable[str]) -> None:
        """These are kept no more."""
        with self._lock:
            for key in keys:
                if key in self._holder_of:
                    self._remove(key)
            self._tell()

    def _add(self, holder: str, key: str) -> None:
        if key in self._holder_of:
            self._remove(key)
        self._holder_of[key] = holder
        keys = self._keys.setdefault(holder, {})
        self._move(holder, len(keys), len(keys) + 1)
        keys[key] = None

    def _give_up(self, holder: str) -> str:
        key = next(iter(self._keys[holder]))
        self._remove(key)
        return key

    def _remove(self, key: str) -> None:
        holder = self._holder_of.pop(key)
        keys = self._keys[holder]
        self._move(holder, len(keys), len(keys) - 1)
        del keys[key]
        if not keys:
            del self._keys[holder]

    def _move(self, holder: str, before: int, after: int) -> None:
        if before:
            del self._by_count[before][holder]
            if not self._by_count[before]:
                del self._by_count[before]
        if after:
            self._by_count.setdefault(after, {})[holder] = None
        self._most = max(self._most, after)
        while self._most and self._most not in self._by_count:
            self._most -= 1

    def _tell(self) -> None:
        """Once when it becomes full, once when a tenth is free again."""
        count = len(self._holder_of)
        if count >= self.in_all:
            self.alarm.set(True, count=count)
        elif count <= self.in_all * 9 // 10:
            self.alarm.set(False, count=count)
