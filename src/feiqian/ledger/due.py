"""Ends on time what has a time to end at, also when nothing else happens; once the ledger has moved on to that time."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from collections.abc import Callable

from feiqian.clock import MICROSECONDS
from feiqian.errors import LedgerStopped, NotDeciding
from feiqian.ledger.ledger import Ledger

LOOK_SECONDS = 10


class Due:
    """What has a time to end at, in the order in which it is due; `end` does it, without awaiting."""

    def __init__(self, ledger: Ledger, end: Callable[[str], None]) -> None:
        self._ledger, self._end = ledger, end
        self._heap: list[tuple[int, str]] = []  # when (Unix µs), the id
        self._changed = asyncio.Event()

    def add(self, at_us: int, id: str) -> None:
        heapq.heappush(self._heap, (at_us, id))
        if self._heap[0] == (at_us, id):
            self._changed.set()

    @property
    def next_at(self) -> int | None:
        """When the first is due (Unix µs); None while there is none."""
        return self._heap[0][0] if self._heap else None

    def settle(self) -> None:
        """Ends what is due now. Raises LedgerStopped, NotDeciding (then it is due still)."""
        now = self._ledger.clock.now()
        if not self._heap or self._heap[0][0] > now:
            return
        self._ledger.post_many(b"")  # the engine ends holds when time moves on, which it does when it is asked
        while self._heap and self._heap[0][0] <= now:
            self._end(heapq.heappop(self._heap)[1])

    async def run(self) -> None:
        """Settles whenever something is due; until cancelled, or nothing is decided any more."""
        while self._ledger.stopped is None:
            await self._ledger.deciding()
            self._changed.clear()
            with contextlib.suppress(LedgerStopped, NotDeciding):
                self.settle()
            left = (self._heap[0][0] - self._ledger.clock.now()) / MICROSECONDS if self._heap else None
            # A clock that is set must not make anything wait for ever: look again after a while.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if left is None else min(max(left, 0), LOOK_SECONDS)):
                    await self._changed.wait()
