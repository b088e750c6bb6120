"""The ledger's own time: the bank's clock, but never before what has been decided already, and never standing still.

Whatever is compared with what the engine has seen (codes, deadlines) is to be told the time by this clock.
"""

from __future__ import annotations

from feiqian.clock import SLEW, Clock


class LedgerClock:
    """Where the clock is behind the newest moment, time goes on from there, a little slower until the clock is there.

    Were it to stand still instead, each device would have two codes for all that time, and nothing would expire.
    """

    def __init__(self, clock: Clock, newest: int) -> None:
        """`newest` in Unix microseconds."""
        self._clock, self._bank_now, self.day = clock, clock.now, clock.day
        self._seen = clock.now()
        self._newest = max(newest, self._seen)

    @property
    def jumped(self) -> bool:
        return self._clock.jumped

    def now(self) -> int:
        seen = self._bank_now()
        passed, self._seen = seen - self._seen, seen
        if passed > 0:
            slower = self._newest + passed - passed // SLEW
            self._newest = seen if seen > slower else slower
        return self._newest
