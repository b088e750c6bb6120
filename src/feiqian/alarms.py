"""Alarms: what an operator must hear of. Each is a condition that is true or not, asked again and again.

When it becomes true one line of level error is logged, and one when it ends; between them a gauge says 1. Some of them
are also reasons for not being ready: a load balancer then sends nothing here until they end.
"""

from __future__ import annotations

from collections.abc import Callable

from feiqian import logs
from feiqian.metrics import Metrics

LOOK_SECONDS = 0.5  # not money: a time
Condition = Callable[[], bool]

_log = logs.get("feiqian.alarms")


class Alarms:
    """The alarms of one process. Conditions are asked in the event loop: they look into memory only."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._conditions: dict[str, Condition] = {}
        self._raised: set[str] = set()

    def add(self, name: str, what: str, condition: Condition) -> None:
        """`name` is that of the log's lines and, after `feiqian_alarm_`, of the gauge; `what` says what is wrong."""
        if name in self._conditions:
            raise ValueError(f"there is an alarm {name} already")
        self._conditions[name] = condition
        self._metrics.gauge(f"feiqian_alarm_{name}", f"1 while: {what}", lambda: float(condition()))

    @property
    def raised(self) -> list[str]:
        """Those that were true at the last look."""
        return sorted(self._raised)

    def look(self) -> None:
        """Asks every condition, and tells which have begun or ended since the last look."""
        for name, condition in self._conditions.items():
            now, before = condition(), name in self._raised
            if now and not before:
                self._raised.add(name)
                _log.error("alarm_raised", alarm=name)
            elif before and not now:
                self._raised.discard(name)
                _log.error("alarm_ended", alarm=name)


class Readiness:
    """Whether this process can take payments now. Each reason why not is an alarm, too."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms
        self._reasons: dict[str, Condition] = {}

    def add(self, name: str, what: str, condition: Condition) -> None:
        """While the condition is true nothing should be sent here. As `Alarms.add`."""
        self._alarms.add(name, what, condition)
        self._reasons[name] = condition

    @property
    def failing(self) -> list[str]:
        """The names of the reasons, asked now; empty: ready."""
        return [name for name, condition in self._reasons.items() if condition()]
