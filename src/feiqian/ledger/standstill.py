"""When commits leave the event loop: after a slow one, for so long that slow ones take little of the loop's time.

Decides when, by the time that commits in the loop took. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

SLOW_SECONDS = 0.005  # not money: a commit in the loop that takes longer holds everybody up
TIMES_SLOWER = 200  # not money: so many times as long the commits after it are made by the thread
MOST_SECONDS = 30.0  # not money: then the loop tries again


class Standstill:
    """Of the commits of one ledger. `now` counts seconds."""

    __slots__ = ("_now", "_over")

    def __init__(self, now: Callable[[], float]) -> None:  # not money: a time
        self._now = now
        self._over = float("-inf")  # not money: when a commit may be made in the loop again

    def begin(self) -> float | None:  # not money: a time
        """When this commit begins, for `end`; None if it is for the thread."""
        now = self._now()
        return now if now >= self._over else None

    def end(self, began: float) -> None:  # not money: a time
        """A commit that was made in the loop has ended."""
        now = self._now()
        if now - began > SLOW_SECONDS:
            self._over = now + min((now - began) * TIMES_SLOWER, MOST_SECONDS)
