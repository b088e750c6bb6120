"""Time in tests: a clock that stands still; where the machine's clock is needed, a zone in which it is noon."""

from __future__ import annotations

from datetime import UTC, datetime

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


def zone_at_noon() -> str:
    """A time zone in which it is between 12:00 and 13:00 now.

    With a bank's days in it no test meets the end of a day, month or year, or the hours of the night, at whatever hour
    it runs.
    """
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"  # in these names + is west of Greenwich
