"""The watch: looks every minute where few codes are entered, tells of it, counts what waits, drops what is old."""

from __future__ import annotations

import asyncio

from feiqian import logs
from feiqian.clock import Clock
from feiqian.db import BankDb
from feiqian.notify import outbox
from feiqian.notify.caps import HOUR, Alarm, Caps
from feiqian.notify.model import Channel
from feiqian.work import Work

EVERY_SECONDS = 60.0
AGAIN = HOUR  # an alarm that goes on is logged so often

_log = logs.get("feiqian.notify")


class Watch:
    """`alarms` and `waiting` are as of the last look."""

    def __init__(self, db: BankDb, caps: Caps, clock: Clock, work: Work) -> None:
        self._db, self._caps, self._clock, self._work = db, caps, clock, work
        self.alarms: dict[str, Alarm] = {}
        self.waiting = 0
        self._told: dict[str, int] = {}

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
            self.alarms = {alarm.place: alarm for alarm in self._caps.alarms(connection, now)}
            self.waiting = sum(count for _, count in outbox.waiting(connection))
        for alarm in self.alarms.values():
            self._tell(alarm, now)
        with self._db.write() as connection:
            for channel in Channel:  # those, too, by which this bank sends no more
                outbox.expire(connection, channel, now)
            self._caps.prune(connection, now)
            outbox.prune(connection, now)

    def _tell(self, alarm: Alarm, now: int) -> None:
        if now - self._told.get(alarm.place, -AGAIN) < AGAIN:
            return
        self._told[alarm.place] = now
        _log.warning("few_codes_are_entered", place=alarm.place, sent=alarm.sent, entered=alarm.entered)
