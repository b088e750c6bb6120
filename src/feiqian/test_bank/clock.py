"""The test bank's clock: the machine's, and as far ahead as it was moved. Never back."""

from __future__ import annotations

from feiqian.clock import Clock


class ForwardClock:
    """`ahead` of another clock, in microseconds."""

    def __init__(self, clock: Clock, ahead: int = 0) -> None:
        self._clock, self.ahead, self.day = clock, ahead, clock.day

    @property
    def jumped(self) -> bool:
        return self._clock.jumped

    def now(self) -> int:
        return self._clock.now() + self.ahead

    def move_to(self, at: int) -> None:
        """Moves it on to this time; one that is past changes nothing."""
        self.ahead += max(0, at - self.now())
