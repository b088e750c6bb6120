"""Waking those who wait for something to do, so that nobody has to look again and again: a bell, and who rings it.

A bell that is rung while nobody rests is heard at the next rest. Rings are few: whoever was woken goes on looking by
itself for longer than `QUIET_SECONDS`, so that a ring within them would tell nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

QUIET_SECONDS = 0.05  # not money: a time


class Bell(Event):
    """Set when its owner has to stop, as any event; rung when there may be something to do."""

    def __init__(self) -> None:
        super().__init__()
        self._rung = Event()

    def ring(self) -> None:
        """From any thread."""
        self._rung.set()

    def set(self) -> None:
        super().set()
        self._rung.set()

    def rest(self, seconds: float) -> bool:  # not money: a time
        """Waits until it is rung or set, for so long at most. Returns whether it was."""
        heard = self._rung.wait(seconds)
        self._rung.clear()
        return heard


class Ringer:
    """Rings a bell somewhere else: calls `ring` at once, and then not again for so many seconds."""

    def __init__(
        self,
        ring: Callable[[], None],
        quiet_seconds: float = QUIET_SECONDS,  # not money: a time
        now: Callable[[], float] = time.monotonic,  # not money: a time
    ) -> None:
        self._ring, self._quiet_seconds, self._now = ring, quiet_seconds, now
        self._again_at = 0.0  # not money: a time

    def __call__(self) -> None:
        now = self._now()
        if now >= self._again_at:
            self._again_at = now + self._quiet_seconds
            self._ring()
