"""Time as the bank sees it: Unix microseconds, and civil days in the bank's own time zone.

Everything that needs the time is handed a `Clock`; nothing else in the product asks the machine for it.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

DEFAULT_ZONE = "Asia/Shanghai"
MICROSECONDS = 1_000_000
_SLOT_SECONDS = (
    900  # every zone in use is a whole number of quarter hours from UTC, so a day is one day throughout a slot
)


class Clock(Protocol):
    """Gives the moment, and the bank's calendar."""

    def now(self) -> int:
        """Unix time in microseconds."""
        ...

    def day(self, seconds: int) -> int:
        """The bank's civil date at this Unix time in seconds, as the number yyyymmdd."""
        ...


class _BankDays:
    """Turns Unix time into bank days; remembers the newest quarter of an hour, because payments ask ever the same."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self._slot = self._day = -1

    def day(self, seconds: int) -> int:
        slot = seconds // _SLOT_SECONDS
        if slot != self._slot:
            date = datetime.fromtimestamp(slot * _SLOT_SECONDS, self.zone)
            self._day = date.year * 10000 + date.month * 100 + date.day
            self._slot = slot
        return self._day


class SystemClock(_BankDays):
    """The machine's clock. `zone` is a name of the IANA time zone database; raises ZoneInfoNotFoundError if unknown."""

    def __init__(self, zone: str = DEFAULT_ZONE) -> None:
        super().__init__(zone)

    def now(self) -> int:
        return time.time_ns() // 1000


class ManualClock(_BankDays):
    """A clock that stands still until it is told otherwise; for tests and for making seeds."""

    def __init__(self, now: int = 1_800_000_000 * MICROSECONDS, zone: str = DEFAULT_ZONE) -> None:
        super().__init__(zone)
        self._now = now

    def now(self) -> int:
        return self._now

    def advance(self, seconds: float) -> None:
        """Moves on (or, in tests of a clock that jumps, back) by so many seconds."""
        self._now += round(seconds * MICROSECONDS)
