"""The hours in which somebody is not disturbed, in minutes of the bank's day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from feiqian.clock import MICROSECONDS

DAY_MINUTES = 24 * 60


class Quiet(NamedTuple):
    """From when until when, in minutes of the bank's day (0 to 1439); over midnight where `until` is the earlier."""

    since: int
    until: int

    def end(self, at: int, zone: ZoneInfo) -> int | None:
        """When the quiet hours end that it is in at a moment (Unix microseconds); None: it is in none."""
        local = datetime.fromtimestamp(at // MICROSECONDS, zone)
        minute = local.hour * 60 + local.minute
        if (minute - self.since) % DAY_MINUTES >= (self.until - self.since) % DAY_MINUTES:
            return None
        end = local.replace(hour=self.until // 60, minute=self.until % 60, second=0, microsecond=0)
        if minute >= self.until:
            end += timedelta(days=1)
        return int(end.timestamp()) * MICROSECONDS


def time_text(minutes: int) -> str:
    """Minutes of a day as people write them: 22:00."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def minutes_of(text: str) -> int:
    """The other way round, of a text of that form."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
