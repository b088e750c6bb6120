"""The threads in which a bank's verifier is asked: few, with a bounded queue, and shared with nothing else.

A verifier may ask another party over a network. It must make neither passwords nor the database wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from feiqian.runtime.alarms import Alarm
from feiqian.runtime.metrics import Metrics
from feiqian.runtime.work import TooBusy

P = ParamSpec("P")
T = TypeVar("T")
THREADS, QUEUE = 2, 32


class Judges:
    """The threads are made when they are needed, and end with the process."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="verifier")
        self.under_way, self.full = 0, Alarm("verifications_full")

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Raises TooBusy."""
        if self.under_way >= THREADS + QUEUE:
            self.full.set(True, waiting=QUEUE)
            raise TooBusy("too many identities are being checked; try again in a moment")
        self.under_way += 1
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._threads, lambda: function(*args, **kwargs))
        future.add_done_callback(self._done)
        return await asyncio.shield(future)  # a client who goes away makes no room while the verifier is asked

    def _done(self, _: object) -> None:
        self.under_way -= 1
        if self.under_way <= QUEUE // 2:
            self.full.set(False)

    def measure(self, metrics: Metrics) -> None:
        metrics.gauge("feiqian_verifications", "Identities that a verifier is asked about", lambda: self.under_way)
        self.full.measure(metrics, "no more of them are taken")
