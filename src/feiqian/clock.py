"""Time as the bank sees it: Unix microseconds, and civil days in the bank's own time zone.

Everything that needs the time is handed a `Clock`; nothing else in the product asks the machine for it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

DEFAULT_ZONE = "Asia/Shanghai"
MICROSECONDS = 1_000_000  # in a second; moments and spans are kept in them
MINUTE, HOUR, DAY = 60 * MICROSECONDS, 3_600 * MICROSECONDS, 86_400 * MICROSECONDS
_SLOT_SECONDS = (
    900  # every zone in use is a whole number of quarter hours from UTC, so a day is one day throughout a slot
)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SLEW = 10  # a clock that is put right slowly is followed: by one part in so many at most
# Nanoseconds since the machine was started, which nobody can set; those that it slept count where the system has them.
_since_boot = partial(time.clock_gettime_ns, getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

_log = logging.getLogger(__name__)


def moment(microseconds: int) -> datetime:
    """Unix microseconds as a date and time in UTC, exactly."""
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds(at: datetime) -> int:
    """A date and time with its zone in Unix microseconds, exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1)


class Clock(Protocol):
    """Gives the moment, and the bank's calendar."""

    @property
    def jumped(self) -> bool:
        """Whether, at the last `now`, the machine's clock had been set too far to be believed."""
        ...

    def now(self) -> int:
        """Unix time in microseconds."""
        ...

    def day(self, seconds: int) -> int:
        """The bank's civil date at this Unix time in seconds, as the number yyyymmdd."""
        ...


class BankDays:
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


class SystemClock(BankDays):
    """The machine's clock. `zone` is a name of the IANA time zone database; raises ZoneInfoNotFoundError if unknown."""

    jumped = False  # it cannot tell

    def __init__(self, zone: str = DEFAULT_ZONE) -> None:
        super().__init__(zone)

    def now(self) -> int:
        return time.time_ns() // 1000


class SteadyClock:
    """A clock that is compared with one that nobody can set, and not followed where it jumps beyond a bound.

    While it is further than `bound_seconds` from where it should be, `now` goes on from before and `jumped` is true.
    That ends when both agree again; a process that is started then takes the clock as it finds it.
    """

    def __init__(self, clock: Clock, bound_seconds: int, since_boot: Callable[[], int] = _since_boot) -> None:
        """`since_boot` in nanoseconds, from whatever beginning."""
        self.day, self._wall, self._since_boot = clock.day, clock.now, since_boot
        self._bound = bound_seconds * MICROSECONDS
        self._followed = since_boot() // 1000
        self._set_beginning(self._wall() - self._followed)
        self.jumped = False

    def now(self) -> int:
        wall, passed = self._wall(), self._since_boot() // 1000
        if self._earliest <= wall - passed <= self._latest:
            self.jumped = False
            if passed >= self._followed + MICROSECONDS:
                self._follow(wall, passed)
            return wall
        if not self.jumped:
            self.jumped = True
            _log.error("the machine's clock has jumped by %d s", (wall - passed - self._beginning) // MICROSECONDS)
        return passed + self._beginning

    def _follow(self, wall: int, passed: int) -> None:
        """A clock that is put right slowly is right. So are steps within the bound, but many of them are a jump."""
        most = (passed - self._followed) // SLEW
        self._followed = passed
        self._set_beginning(self._beginning + max(-most, min(most, wall - passed - self._beginning)))

    def _set_beginning(self, beginning: int) -> None:
        """When the machine was started, as its clock should have it."""
        self._beginning = beginning
        self._earliest, self._latest = beginning - self._bound, beginning + self._bound
