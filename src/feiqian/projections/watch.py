"""Looks every second how the read models are: what they lack, what is set aside, whether one is being built again.

Each of these is a gauge, and an alarm: one log line of level error when it becomes true, and one when it ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from feiqian.runtime.alarms import Alarm
from feiqian.runtime.metrics import Metrics

from .errors import ReadsBehind
from .reads import Reads

EVERY_SECONDS = 1.0  # not money: a time
MOST_BEHIND = 10_000  # journal rows; a busy server writes so many in a minute
STARTING_LOOKS = 10  # the projector starts after the server: what is missing at first is no alarm


class Watch:
    """The read models of one server. `position` asks for the last durable row of the journal.

    `wake` is called when a look finds that one lacks rows or cannot be read: its projector may not know.
    """

    def __init__(self, reads: Sequence[Reads], position: Callable[[], int]) -> None:
        self._reads, self._position = reads, position
        self.wake: Callable[[], None] = lambda: None
        self.set_aside = self._looks = 0
        self._was_whole = False
        self.late, self.aside = Alarm("read_model_behind"), Alarm("records_set_aside")
        self.rebuilding = Alarm("read_model_rebuilding")

    def measure(self, metrics: Metrics) -> None:
        behind = lambda: self._lacks(min(reads.seen for reads in self._reads))  # noqa: E731
        metrics.gauge("feiqian_projector_rows_behind", "Journal rows that the read model lacks", behind)
        metrics.gauge("feiqian_set_aside", "Parts of the journal that could not be projected", lambda: self.set_aside)
        self.late.measure(metrics, f"the read model lacks more than {MOST_BEHIND} rows")
        self.aside.measure(metrics, "some part of the journal is set aside")
        self.rebuilding.measure(metrics, "the read model is built again")

    async def run(self) -> None:
        """Looks until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Looks once. What cannot be read is as far behind as can be, and nothing new is known of what is set aside."""
        reached = min([await reads.look() for reads in self._reads])
        lacks, rebuilding = self._lacks(reached), any(reads.rebuilding for reads in self._reads)
        self._looks += 1
        if lacks or rebuilding:
            self.wake()
        self._was_whole |= not rebuilding
        self.late.set(lacks > MOST_BEHIND, behind=lacks)
        self.rebuilding.set(rebuilding and (self._was_whole or self._looks > STARTING_LOOKS), position=reached)
        try:
            self.set_aside = sum([await reads.set_aside() for reads in self._reads])
        except ReadsBehind:
            return
        self.aside.set(self.set_aside > 0, parts=self.set_aside, audit="`feiqian audit` says where")

    def _lacks(self, reached: int) -> int:
        return max(0, self._position() - reached)
