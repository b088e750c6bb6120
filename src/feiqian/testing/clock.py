"""A clock for tests, which stands still."""

from __future__ import annotations

from feiqian.clock import DEFAULT_ZONE, MICROSECONDS, BankDays


class ManualClock(BankDays):
    """A clock that stands still until it is told otherwise."""

    jumped = False

    def __init__(self, now: int = 1_800_000_000 * MICROSECONDS, zone: str = DEFAULT_ZONE) -> None:
        super().__init__(zone)
        self._now = now

    def now(self) -> int:
        return self._now

    def advance(self, seconds: float) -> None:
        """Moves on (or, in tests of a clock that jumps, back) by so many seconds."""
        self._now += round(seconds * MICROSECONDS)
