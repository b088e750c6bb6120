"""What somebody chose for an account, and the hours in which they are not disturbed."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from feiqian.clock import MICROSECONDS
from feiqian.ids import CustomerNumber
from feiqian.money import NOTHING, CurrencyNumber, MinorUnits
from feiqian.notify.model import Channel

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


class Choice(NamedTuple):
    """Which movements are told, and by which channels; by none: not at all. `threshold` in minor units."""

    channels: tuple[Channel, ...] = ()
    threshold: MinorUnits = NOTHING
    quiet: Quiet | None = None


class Reminder(NamedTuple):
    """What was chosen for an account of the ledger. `name` is a deposit account's id, or WALLET."""

    account: bytes
    customer: CustomerNumber
    name: str
    currency: CurrencyNumber
    choice: Choice


class Why(StrEnum):
    """Why movements are told together. The values are on disk."""

    QUIET = "quiet"
    MANY = "many"
