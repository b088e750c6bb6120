"""Alarms: what an operator is woken for. Logged as an error once when it begins and once when it ends, and a gauge.

Shares, caps and queues are looked at once a second instead of telling by themselves, so that being full costs nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from feiqian import logs
from feiqian.metrics import Metrics

EVERY_SECONDS = 1.0
QUIET_SECONDS = 10.0  # an alarm that comes and goes is one alarm

_log = logs.get("feiqian.alarms")


class Bounded(Protocol):
    """A share, cap or queue as `Alarms.watch` looks at it. `refused` counts from the start and never falls."""

    @property
    def total(self) -> int: ...
    @property
    def limit(self) -> int: ...
    @property
    def refused(self) -> int: ...


class Alarm:
    """One thing that may be wrong. It ends when it has not been `ring`ing for QUIET_SECONDS."""

    def __init__(self, name: str, now: Callable[[], float]) -> None:
        self.name, self._now = name, now
        self.on = False
        self._rang = 0.0

    def ring(self, **facts: object) -> None:
        """It is wrong now. `facts` say how; nothing secret."""
        self._rang = self._now()
        if not self.on:
            self.on = True
            _log.error("alarm_began", alarm=self.name, **facts)

    def look(self) -> None:
        """Ends it if all has been well for long enough."""
        if self.on and self._now() - self._rang >= QUIET_SECONDS:
            self.on = False
            _log.error("alarm_ended", alarm=self.name)


class _Watched(NamedTuple):
    alarm: Alarm
    bounded: Bounded


class Alarms:
    """All alarms of one process. `look` is called once a second (`run`)."""

    def __init__(self, metrics: Metrics, now: Callable[[], float] = time.monotonic) -> None:
        self._metrics, self._now = metrics, now
        self._alarms: dict[str, Alarm] = {}
        self._watched: dict[str, _Watched] = {}
        self._refused: dict[str, int] = {}

    def new(self, name: str, help: str) -> Alarm:
        """An alarm that somebody `ring`s, with the gauge `feiqian_<name>_alarm`: 1 while it is on."""
        alarm = self._alarms[name] = Alarm(name, self._now)
        self._metrics.gauge(f"feiqian_{name}_alarm", f"1 while this is so: {help}", lambda: alarm.on)
        return alarm

    def watch(self, name: str, help: str, bounded: Bounded) -> None:
        """Rings while `bounded` is full or refuses. `help` names what is held, such as `live pages that are open`.

        Its metrics: `feiqian_<name>`, `feiqian_<name>_limit`, `feiqian_<name>_refused_total`, `feiqian_<name>_alarm`.
        """
        alarm = self.new(name, f"no room for more {help}")
        self._watched[name] = _Watched(alarm, bounded)
        self._refused[name] = bounded.refused
        self._metrics.gauge(f"feiqian_{name}", f"How many {help}", lambda: bounded.total)
        self._metrics.gauge(
            f"feiqian_{name}_limit", f"From how many on others must share: {help}", lambda: bounded.limit
        )
        self._metrics.counter(f"feiqian_{name}_refused", f"Refused for lack of room: {help}", lambda: bounded.refused)

    def look(self) -> None:
        """Looks once at everything that is watched, and lets end what is over."""
        for name, (alarm, bounded) in self._watched.items():
            refused = bounded.refused
            if refused > self._refused[name] or bounded.total >= bounded.limit:
                alarm.ring(held=bounded.total, limit=bounded.limit, refused=refused - self._refused[name])
            self._refused[name] = refused
        for alarm in self._alarms.values():
            alarm.look()

    async def run(self) -> None:
        """Looks until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(EVERY_SECONDS)
