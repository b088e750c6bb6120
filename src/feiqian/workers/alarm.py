"""An alarm: told once when it begins and once when it ends, and shown as a gauge."""

from __future__ import annotations

from typing import Any

from feiqian import logs

_log = logs.get("feiqian.workers")


class Alarm:
    """`on` is 0 or 1, for a gauge."""

    def __init__(self, event: str) -> None:
        self._event, self.on = event, 0

    def set(self, on: bool, **details: Any) -> None:
        """Tells of a change, and of nothing else."""
        if on == bool(self.on):
            return
        self.on = int(on)
        _log.error(self._event if on else f"{self._event}_ended", **details)
