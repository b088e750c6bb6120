"""The watch: where few codes are entered and where caps are nearly used up, tells of it, and drops what is old, every
minute."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable

from feiqian.clock import HOUR, Clock
from feiqian.db import BankDb
from feiqian.notify.model import Audience
from feiqian.notify.rate_limits import Alarm, RateLimits, Used
from feiqian.runtime import logs
from feiqian.runtime.alarms import Alarm as Raised
from feiqian.runtime.work import Work

EVERY_SECONDS = 60.0
AGAIN = HOUR  # an alarm that goes on is logged so often

_log = logs.get("feiqian.notify")


class Watch:
    """`alarms` are as of the last look."""

    def __init__(self, db: BankDb, rate_limits: RateLimits, clock: Clock, work: Work) -> None:
        self._db, self._rate_limits, self._clock, self._work = db, rate_limits, clock, work
        self.alarms: dict[str, Alarm] = {}
        self._told: dict[str, int] = {}
        self._lock = threading.Lock()
        self.near: dict[tuple[str, Audience], Raised] = {}  # caps of which most is used
        self.full: dict[tuple[str, Audience], Raised] = {}  # caps that are used up

    async def run(self) -> None:
        """Looks until cancelled."""
        while True:
            try:
                await self.look()
            except Exception as error:
                _log.warning("messages_not_watched", why=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Looks once."""
        await self._work.db(self._look)

    def _look(self) -> None:
        now = self._clock.now()
        with self._db.read() as connection:
            self.alarms = {alarm.place: alarm for alarm in self._rate_limits.alarms(connection, now)}
            self._renew(self._rate_limits.used(connection, now))
        for alarm in self.alarms.values():
            self._tell(alarm, now)
        with self._db.write() as connection:
            self._rate_limits.prune(connection, now)

    def counted(self, used: Iterable[Used]) -> None:
        """A code was counted: raises the alarms of its caps, which the next look ends."""
        with self._lock:
            self._raise([one for one in used if one.near])

    def _renew(self, used: list[Used]) -> None:
        near = {(one.place, one.audience) for one in used if one.near}
        full = {(one.place, one.audience) for one in used if one.full}
        with self._lock:
            for raised, still in ((self.near, near), (self.full, full)):
                for place, audience in [key for key in raised if key not in still]:
                    raised.pop((place, audience)).set(False, place=place, audience=audience.value)
            self._raise([one for one in used if one.near])

    def _raise(self, near: Iterable[Used]) -> None:
        for one in near:
            details = {"place": one.place, "audience": one.audience.value, "used": one.used, "most": one.most}
            key = one.place, one.audience
            self.near.setdefault(key, Raised("code_cap_near")).set(True, **details)
            if one.full:
                self.full.setdefault(key, Raised("code_cap_full")).set(True, **details)

    def _tell(self, alarm: Alarm, now: int) -> None:
        if now - self._told.get(alarm.place, -AGAIN) < AGAIN:
            return
        self._told[alarm.place] = now
        _log.warning("few_codes_are_entered", place=alarm.place, sent=alarm.sent, entered=alarm.entered)
