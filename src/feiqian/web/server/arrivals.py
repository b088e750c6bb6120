"""New connections are read a few in a turn of the event loop, and the networks that they come from take turns.

Hundreds that come at once would all be read, and begun, in one turn, while everybody else waits. Who is known, because
the connection has been read before, does not come by here. Decides when, and knows nothing of HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from feiqian.runtime.rounds import Rounds

PER_TURN = 8  # about a millisecond


class Arrivals:
    """Of one event loop. What waits is of connections, whose number is bounded elsewhere."""

    def __init__(self) -> None:
        self._left = PER_TURN  # in this turn of the loop
        self._turning = False  # whether the next turn is asked for
        self._waiting: Rounds[str, Callable[[], None]] = Rounds()  # by network

    def enter(self) -> bool:
        """Whether one more may be read in this turn; if not, it has to `wait`."""
        if not self._turning:
            self._turning = True
            asyncio.get_running_loop().call_soon(self._turn)
        if not self._left:
            return False
        self._left -= 1
        return True

    def wait(self, network: str, read: Callable[[], None]) -> None:
        """Has it read in one of the next turns."""
        self._waiting.add(network, read)

    def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        self._left, self._turning = PER_TURN, False
        while self._waiting and self._left:
            self._left -= 1
            loop.call_soon(self._waiting.next())
        if self._left != PER_TURN:
            self._turning = True
            loop.call_soon(self._turn)
