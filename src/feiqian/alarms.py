"""Alarms: a state that people have to look at, logged as an error once when it begins and once when it ends."""

from __future__ import annotations

from feiqian import logs
from feiqian.metrics import Metrics

_log = logs.get("feiqian.alarms")


class Alarm:
    """One of them. Asking costs an attribute; setting what it is already costs a comparison."""

    __slots__ = ("name", "on")

    def __init__(self, name: str) -> None:
        self.name, self.on = name, False

    def set(self, on: bool, **details: object) -> None:
        """`details` are logged; nothing personal or secret."""
        if on is self.on:
            return
        self.on = on
        _log.error("alarm_began" if on else "alarm_ended", alarm=self.name, **details)

    def measure(self, metrics: Metrics, help: str) -> None:
        """The gauge feiqian_alarm_<name>: 1 while it lasts."""
        metrics.gauge(f"feiqian_alarm_{self.name}", help, lambda: int(self.on))
