"""Blocking work, out of the event loop: short database work in one pool of threads, slow computation in another.

Payments never wait behind a sign-in: each pool is small, has a queue of bounded length, and refuses when that is full.
Slow computation is done in turn, by network address and then by account: who asks for much waits for themselves.
Nobody waits for a database without end: what has not begun in time is not done; what has begun may still be done, and
whoever waits is told that the outcome is unknown.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from feiqian.errors import FeiqianError
from feiqian.runtime import network
from feiqian.runtime.alarms import Alarm
from feiqian.runtime.metrics import Metrics
from feiqian.runtime.turns import Job, Turns

P = ParamSpec("P")
T = TypeVar("T")
DATABASE_THREADS, DATABASE_QUEUE = 4, 512
DATABASE_SECONDS = 10.0  # longer than the 5 s for which SQLite waits for another writer
HEAVY_THREADS, HEAVY_QUEUE = max(1, (os.cpu_count() or 2) // 2), 32
HEAVY_PER_ADDRESS = 16  # of those that wait
HEAVY_SECONDS = 30.0  # a turn, the hash and its few statements
CLOSE_SECONDS = 5.0


class TooBusy(FeiqianError):
    """As much of this work is waiting as may wait, or none of it ends. Nothing was done; try again shortly."""

    def __init__(self, why: str = "too much is asked at once; try again in a moment") -> None:
        super().__init__(why)


class WorkOverdue(FeiqianError):
    """The database has not answered in time, and may still do what it was asked: the outcome is unknown."""


class Work:
    """The two pools. `database_seconds` bounds the wait for a database."""

    def __init__(self, database_seconds: float = DATABASE_SECONDS) -> None:  # not money: a time
        self.database = Pool("database", DATABASE_THREADS, DATABASE_QUEUE, database_seconds)
        self.heavy_pool = FairPool("heavy", HEAVY_THREADS, HEAVY_QUEUE, HEAVY_PER_ADDRESS, HEAVY_SECONDS)

    async def db(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a function that asks a database. Raises TooBusy, WorkOverdue."""
        return await self.database.run(_in_context(function, *args, **kwargs))

    async def heavy(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a function that computes for long (password hashes, pictures). Raises TooBusy."""
        return await self.heavy_pool.run("", _in_context(function, *args, **kwargs))

    async def heavy_for(self, account: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `heavy`, for an account: those of one network address take turns."""
        return await self.heavy_pool.run(account, _in_context(function, *args, **kwargs))

    def measure(self, metrics: Metrics) -> None:
        """What /metrics shows of hashes; `app` watches the databases' pool."""
        heavy = self.heavy_pool
        metrics.gauge("feiqian_heavy_waiting", "Hashes that wait for their turn", lambda: heavy.waiting)
        metrics.counter("feiqian_heavy_refused", "Hashes refused", lambda: heavy.refused)
        heavy.alarm.measure(metrics, "hashes are refused")

    def close(self) -> bool:
        """Waits for what is under way, for a while. Returns whether all of it has ended."""
        return self.database.close() & self.heavy_pool.close()


def _in_context(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Callable[[], T]:
    """The call in the context of whoever asks: for whom a request is (`network.client`) is known in the thread, too."""
    context = contextvars.copy_context()
    return lambda: context.run(function, *args, **kwargs)


class Pool:
    """`threads` threads and a queue; who waits longer than `seconds` (None: no bound) is told so.

    While every thread is busy with something that is overdue, nothing more is taken.
    """

    def __init__(self, name: str, threads: int, queue: int, seconds: float | None = None) -> None:  # not money: a time
        self.name = name
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._threads, self._limit, self._seconds = threads, threads + queue, seconds
        self._calls: set[concurrent.futures.Future[Any]] = set()
        self._overdue: set[concurrent.futures.Future[Any]] = set()
        self._closed = False
        self.refused = 0

    @property
    def under_way(self) -> int:
        """How many calls wait or run."""
        return len(self._calls)

    @property
    def full(self) -> bool:
        """Whether nothing more is taken now."""
        return len(self._calls) >= self._limit or self.stuck or self._closed

    @property
    def stuck(self) -> bool:
        """Whether every thread is busy with a call that is overdue."""
        return len(self._overdue) >= self._threads

    async def run(self, function: Callable[[], T]) -> T:
        """The function's result, from one of the threads. Raises TooBusy, WorkOverdue."""
        if self.full:
            self.refused += 1
            raise TooBusy("too much is asked at once; try again in a moment")
        call = self._pool.submit(function)
        self._calls.add(call)
        future = asyncio.wrap_future(call)
        future.add_done_callback(lambda future: self._done(call, future))
        # A client who goes away does not make room for another while the work goes on: `wait` cancels nothing.
        done, _ = await asyncio.wait((future,), timeout=self._seconds)
        if not done:
            if call.cancel():
                self.refused += 1
                raise TooBusy("it did not come to its turn in time; nothing was done, try again in a moment")
            if not call.done():
                self._overdue.add(call)
            raise WorkOverdue("the database has not answered in time: outcome unknown")
        return future.result()

    def _done(self, call: concurrent.futures.Future[Any], future: asyncio.Future[Any]) -> None:
        self._calls.discard(call)
        self._overdue.discard(call)
        if not future.cancelled():
            future.exception()  # somebody who has left does not ask for it

    def close(self) -> bool:
        """Waits for what runs, for a while; what has not begun is not done. Returns whether all has ended."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        running = [call for call in self._calls if not call.cancelled()]
        return not concurrent.futures.wait(running, CLOSE_SECONDS).not_done


class FairPool:
    """Work is begun in turn. What is under way is finished even if nobody waits for it any more; what waits is not.

    Who waits longer than `seconds` (None: no bound) is told so, as by `Pool`.
    """

    def __init__(
        self,
        name: str,
        threads: int,
        queue: int,
        per_address: int,
        seconds: float | None = None,  # not money: a time
    ) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._threads, self._free, self._most, self._seconds = threads, threads, queue, seconds
        self._lock = threading.Lock()
        self._turns = Turns(queue, per_address)
        self._running: set[concurrent.futures.Future[Any]] = set()
        self._overdue: set[concurrent.futures.Future[Any]] = set()
        self.refused = 0
        self.alarm = Alarm(f"{name}_work_full")

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._turns)

    async def run(self, account: str, function: Callable[[], T]) -> T:
        """The function's result, from one of the threads, in turn. Raises TooBusy, WorkOverdue."""
        job: Job[T] = Job(network.client.get(), account, function)
        if len(self._overdue) >= self._threads:
            raise self._busy()
        self._enter(job)
        future = asyncio.wrap_future(job.future)
        future.add_done_callback(lambda future: self._done(job.future, future))
        try:
            done, _ = await asyncio.wait((future,), timeout=self._seconds)
        except asyncio.CancelledError:
            self._leave(job)
            raise
        if not done:
            if self._leave(job):
                raise self._busy()
            if not job.future.done():
                self._overdue.add(job.future)
            raise WorkOverdue("it has not ended in time: outcome unknown")
        return future.result()

    def _enter(self, job: Job[Any]) -> None:
        with self._lock:
            begins = self._free > 0
            if begins:
                self._free -= 1
                job.future.set_running_or_notify_cancel()
            refused = None if begins else self._turns.add(job)
        if refused is not None and refused.future.set_running_or_notify_cancel():
            refused.future.set_exception(self._busy())
        if begins:
            running = self._pool.submit(self._work, job)
            self._running.add(running)
            running.add_done_callback(self._running.discard)

    def _leave(self, job: Job[Any]) -> bool:
        """Whether it had not begun: then it is not done."""
        left = job.future.cancel()
        if left:
            with self._lock:
                self._turns.remove(job)
        return left

    def _busy(self) -> TooBusy:
        self.refused += 1
        self.alarm.set(True, waiting=len(self._turns), most=self._most)
        return TooBusy()

    def _done(self, call: concurrent.futures.Future[Any], future: asyncio.Future[Any]) -> None:
        self._overdue.discard(call)
        if not future.cancelled():
            future.exception()  # somebody who has left does not ask for it

    def _work(self, job: Job[Any] | None) -> None:
        while job is not None:
            job.run()
            with self._lock:
                job = self._turns.next()
                if job is None:
                    self._free += 1
                if self.alarm.on and len(self._turns) <= self._most // 2:
                    self.alarm.set(False)

    def close(self) -> bool:
        """Waits for what runs and waits, for a while. Returns whether all has ended."""
        self._pool.shutdown(wait=False)
        return not concurrent.futures.wait(list(self._running), CLOSE_SECONDS).not_done
