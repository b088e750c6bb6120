"""Alarms: what an operator has to look at. Logged as an error once when it begins and once when it ends, and a gauge.

Shares, caps and queues are looked at twice a second instead of telling by themselves, so that being full costs nothing.
Some alarms are also reasons for not being ready: a load balancer then sends nothing here until they end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from feiqian.runtime import logs
from feiqian.runtime.metrics import Metrics
from feiqian.runtime.shares import Places, Shares

LOOK_SECONDS = 0.5  # not money: a time
QUIET_SECONDS = 10.0  # an alarm that is rung comes and goes: within this time it is one alarm
Condition = Callable[[], bool]
Bounded = Shares[Any] | Places[Any, Any]

_log = logs.get("feiqian.alarms")


class Alarm:
    """One thing that may be wrong: `set` where its end is known, `ring` where only its occurrences are."""

    __slots__ = ("_now", "_rang", "name", "on")

    def __init__(self, name: str, now: Callable[[], float] = time.monotonic) -> None:
        self.name, self._now = name, now
        self.on = False
        self._rang: float | None = None  # when, if it ends by being quiet

    def set(self, on: bool, **facts: object) -> None:
        """Begins or ends it; setting what it is already costs a comparison. `facts` are logged: nothing secret."""
        if on is self.on:
            return
        self.on, self._rang = on, None
        _log.error("alarm_began" if on else "alarm_ended", alarm=self.name, **facts)

    def ring(self, **facts: object) -> None:
        """It is wrong now; it ends at the first `look` after QUIET_SECONDS without a ring."""
        self.set(True, **facts)
        self._rang = self._now()

    def look(self) -> None:
        """Ends it if it was rung and all has been well for long enough."""
        if self.on and self._rang is not None and self._now() - self._rang >= QUIET_SECONDS:
            self.set(False)

    def measure(self, metrics: Metrics, help: str) -> None:
        """The gauge feiqian_alarm_<name>: 1 while it lasts."""
        metrics.gauge(f"feiqian_alarm_{self.name}", f"1 while: {help}", lambda: int(self.on))


class Alarms:
    """The alarms of one process. `look` is called in the event loop (`run`); conditions look into memory only."""

    def __init__(self, metrics: Metrics, now: Callable[[], float] = time.monotonic) -> None:
        self._metrics, self._now = metrics, now
        self._alarms: dict[str, Alarm] = {}
        self._conditions: dict[str, Condition] = {}
        self._watched: dict[str, Bounded] = {}
        self._refused: dict[str, int] = {}

    def new(self, name: str, help: str) -> Alarm:
        """An alarm that somebody sets or rings; `help` says what is wrong while it is on."""
        if name in self._alarms:
            raise ValueError(f"there is an alarm {name} already")
        alarm = self._alarms[name] = Alarm(name, self._now)
        alarm.measure(self._metrics, help)
        return alarm

    def add(self, name: str, help: str, condition: Condition) -> None:
        """An alarm that is on while the condition is true, as of the last look."""
        self.new(name, help)
        self._conditions[name] = condition

    def watch(self, name: str, help: str, bounded: Bounded) -> None:
        """Rings while `bounded` is full or refuses. `help` names what is held, such as `live pages that are open`.

        Its metrics: `feiqian_<name>`, `feiqian_<name>_limit`, `feiqian_<name>_refused_total`, `feiqian_alarm_<name>`.
        """
        self.new(name, f"no room for more {help}")
        self._watched[name] = bounded
        self._refused[name] = bounded.refused
        metrics = self._metrics
        metrics.gauge(f"feiqian_{name}", f"How many {help}", lambda: bounded.total)
        metrics.gauge(f"feiqian_{name}_limit", f"From how many on others must share: {help}", lambda: bounded.limit)
        metrics.counter(f"feiqian_{name}_refused", f"Refused for lack of room: {help}", lambda: bounded.refused)

    @property
    def raised(self) -> list[str]:
        """The names of those that are on."""
        return sorted(name for name, alarm in self._alarms.items() if alarm.on)

    def look(self) -> None:
        """Looks once at everything that is watched, and lets end what is over."""
        for name, condition in self._conditions.items():
            self._alarms[name].set(condition())
        for name, bounded in self._watched.items():
            refused = bounded.refused
            if refused > self._refused[name] or bounded.total >= bounded.limit:
                self._alarms[name].ring(held=bounded.total, limit=bounded.limit, refused=refused - self._refused[name])
            self._refused[name] = refused
        for alarm in self._alarms.values():
            alarm.look()

    async def run(self) -> None:
        """Looks until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_SECONDS)


class Readiness:
    """Whether this process can take payments now. Each reason why not is an alarm, too."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms
        self._reasons: dict[str, Condition] = {}

    def add(self, name: str, help: str, condition: Condition) -> None:
        """While the condition is true nothing should be sent here. As `Alarms.add`."""
        self._alarms.add(name, help, condition)
        self._reasons[name] = condition

    @property
    def failing(self) -> list[str]:
        """The names of the reasons, asked now; empty: ready."""
        return [name for name, condition in self._reasons.items() if condition()]
