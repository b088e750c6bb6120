"""Blocking work, out of the event loop: short database work in one pool of threads, slow computation in another.

Payments never wait behind a sign-in: each pool is small, has a queue of bounded length, and refuses when that is full.
Slow computation is done in turn, by network address and then by account: who asks for much waits for themselves.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from feiqian import network
from feiqian.alarms import Alarm
from feiqian.errors import FeiqianError
from feiqian.metrics import Metrics
from feiqian.turns import Job, Turns

P = ParamSpec("P")
T = TypeVar("T")
DATABASE_THREADS, DATABASE_QUEUE = 4, 512
HEAVY_THREADS, HEAVY_QUEUE = max(1, (os.cpu_count() or 2) // 2), 32
HEAVY_PER_ADDRESS = 16  # of those that wait


class TooBusy(FeiqianError):
    """As much of this work is waiting as may wait. Nothing was done; try again shortly."""

    def __init__(self, why: str = "too much is asked at once; try again in a moment") -> None:
        super().__init__(why)


class Work:
    """The two pools."""

    def __init__(self) -> None:
        self._database = _Pool("database", DATABASE_THREADS, DATABASE_QUEUE)
        self._heavy = _FairPool("heavy", HEAVY_THREADS, HEAVY_QUEUE, HEAVY_PER_ADDRESS)

    async def db(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a function that asks a database. Raises TooBusy."""
        return await self._database.run(lambda: function(*args, **kwargs))

    async def heavy(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a function that computes for long (password hashes, pictures). Raises TooBusy."""
        return await self._heavy.run("", lambda: function(*args, **kwargs))

    async def heavy_for(self, account: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `heavy`, for an account: those of one network address take turns."""
        return await self._heavy.run(account, lambda: function(*args, **kwargs))

    def measure(self, metrics: Metrics) -> None:
        """What /metrics shows of the pools."""
        database, heavy = self._database, self._heavy
        metrics.gauge("feiqian_database_work", "Work on databases, waiting or under way", lambda: database.under_way)
        metrics.counter("feiqian_database_work_refused", "Work on databases refused", lambda: database.refused)
        metrics.gauge("feiqian_heavy_waiting", "Hashes and pictures that wait for their turn", lambda: heavy.waiting)
        metrics.counter("feiqian_heavy_refused", "Hashes and pictures refused", lambda: heavy.refused)
        database.alarm.measure(metrics, "1 while work on databases is refused")
        heavy.alarm.measure(metrics, "1 while hashes and pictures are refused")

    def close(self) -> None:
        """Waits for what is under way."""
        self._database.close()
        self._heavy.close()


class _Pool:
    def __init__(self, name: str, threads: int, queue: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._limit, self.under_way, self.refused = threads + queue, 0, 0
        self.alarm = Alarm(f"{name}_work_full")

    async def run(self, function: Callable[[], T]) -> T:
        if self.under_way >= self._limit:
            self.refused += 1
            self.alarm.set(True, most=self._limit)
            raise TooBusy
        self.under_way += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, function)
        future.add_done_callback(self._done)
        # A client who goes away does not make room for another while the work goes on.
        return await asyncio.shield(future)

    def _done(self, _: object) -> None:
        self.under_way -= 1
        if self.alarm.on and self.under_way <= self._limit // 2:
            self.alarm.set(False)

    def close(self) -> None:
        self._threads.shutdown()


class _FairPool:
    """Work is begun in turn. What is under way is finished even if nobody waits for it any more; what waits is not."""

    def __init__(self, name: str, threads: int, queue: int, per_address: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._free, self._most = threads, queue
        self._lock = threading.Lock()
        self._turns = Turns(queue, per_address)
        self.refused = 0
        self.alarm = Alarm(f"{name}_work_full")

    @property
    def waiting(self) -> int:
        return len(self._turns)

    async def run(self, account: str, function: Callable[[], T]) -> T:
        job: Job[T] = Job(network.client.get(), account, function)
        with self._lock:
            begins = self._free > 0
            if begins:
                self._free -= 1
                job.future.set_running_or_notify_cancel()
            refused = None if begins else self._turns.add(job)
        if refused is not None:
            self._refuse(refused)
        if begins:
            self._threads.submit(self._work, job)
        try:
            return await asyncio.wrap_future(job.future)
        finally:
            if job.future.cancelled():
                with self._lock:
                    self._turns.remove(job)

    def _refuse(self, job: Job[Any]) -> None:
        self.refused += 1
        self.alarm.set(True, waiting=len(self._turns), most=self._most)
        if job.future.set_running_or_notify_cancel():
            job.future.set_exception(TooBusy())

    def _work(self, job: Job[Any] | None) -> None:
        while job is not None:
            job.run()
            with self._lock:
                job = self._turns.next()
                if job is None:
                    self._free += 1
                if self.alarm.on and len(self._turns) <= self._most // 2:
                    self.alarm.set(False)

    def close(self) -> None:
        self._threads.shutdown()
