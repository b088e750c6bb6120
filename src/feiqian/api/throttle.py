"""Bounds on what clients may ask for: payments under way in all, and reads per merchant. Decides, does not answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

MERCHANTS_KEPT = 10_000


class Admission:
    """Counts the writes under way. Beyond `limit` more would only make all wait longer, so they are refused at once."""

    __slots__ = ("in_flight", "limit", "refused")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.in_flight = 0
        self.refused = 0

    @property
    def full(self) -> bool:
        return self.in_flight >= self.limit


class ReadThrottle:
    """A token bucket for each merchant: `rate` reads a second sustained, `burst` at once.

    Kept for a bounded number of merchants; the one that asked longest ago is forgotten, whose bucket is full.
    """

    def __init__(self, rate: float, burst: float, now: Callable[[], float]) -> None:
        self._rate, self._burst, self._now = rate, burst, now
        self._buckets: OrderedDict[int, tuple[float, float]] = OrderedDict()  # merchant → tokens, when; oldest first

    def allow(self, merchant: int) -> bool:
        now = self._now()
        tokens, at = self._buckets.pop(merchant, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._rate)
        allowed = tokens >= 1
        self._buckets[merchant] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > MERCHANTS_KEPT:
            self._buckets.popitem(last=False)
        return allowed
