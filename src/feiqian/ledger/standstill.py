"""Whether the event loop waits for a commit that the journal's thread makes, or goes on meanwhile.

Waiting for a fast one is cheaper: what arrives meanwhile is then read together, and the two threads do not take the
interpreter's lock from each other. Decides by the time that commits took. Writes nothing, and knows no database.
"""

from __future__ import annotations

WAIT_SECONDS = 0.003  # not money: the longest that the loop waits for one commit
SLOW_SHARE = 0.5  # not money: of that, on average; then it does not wait
NEWEST = 0.125  # not money: the newest time's part of the average
TRIED_EVERY = 32  # commits, while it does not wait


class Standstill:
    """Of the commits of one ledger; the loop never waits longer than `wait_seconds`."""

    __slots__ = ("_average", "_passed", "_slow", "wait_seconds")

    def __init__(self, wait_seconds: float = WAIT_SECONDS) -> None:  # not money: a time
        self.wait_seconds, self._slow = wait_seconds, wait_seconds * SLOW_SHARE
        self._average = 0.0  # not money: seconds that commits took for which the loop waited
        self._passed = 0  # commits for which it did not

    def waits(self) -> bool:
        """Whether the loop waits for the commit that has just begun, and then calls `took`."""
        if self._average < self._slow:
            return True
        self._passed += 1
        return self._passed % TRIED_EVERY == 0

    def took(self, seconds: float) -> None:  # not money: a time
        """The loop has waited so long for a commit, whether that has ended or not."""
        self._average += (min(seconds, self.wait_seconds) - self._average) * NEWEST
