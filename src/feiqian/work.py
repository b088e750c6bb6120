"""Blocking work, out of the event loop: short database work in one pool of threads, slow computation in another.

Payments never wait behind a sign-in: each pool is small, has a queue of bounded length, and refuses when that is full.
Nobody waits for a database without end: what has not begun in time is not done; what has begun may still be done, and
whoever waits is told that the outcome is unknown.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from feiqian.errors import FeiqianError

P = ParamSpec("P")
T = TypeVar("T")
DATABASE_THREADS, DATABASE_QUEUE = 4, 512
DATABASE_SECONDS = 10.0  # longer than the 5 s for which SQLite waits for another writer
HEAVY_THREADS, HEAVY_QUEUE = max(1, (os.cpu_count() or 2) // 2), 32
CLOSE_SECONDS = 5.0


class TooBusy(FeiqianError):
    """As much of this work is waiting as may wait, or none of it ends. Nothing was done; try again shortly."""


class WorkOverdue(FeiqianError):
    """The database has not answered in time, and may still do what it was asked: the outcome is unknown."""


class Work:
    """The two pools. `database_seconds` bounds the wait for a database."""

    def __init__(self, database_seconds: float = DATABASE_SECONDS) -> None:  # not money: a time
        self.database = Pool("database", DATABASE_THREADS, DATABASE_QUEUE, database_seconds)
        self.heavy_pool = Pool("heavy", HEAVY_THREADS, HEAVY_QUEUE)

    async def db(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a function that asks a database. Raises TooBusy, WorkOverdue."""
        return await self.database.run(lambda: function(*args, **kwargs))

    async def heavy(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a function that computes for long (password hashes, pictures). Raises TooBusy."""
        return await self.heavy_pool.run(lambda: function(*args, **kwargs))

    def close(self) -> bool:
        """Waits for what is under way, for a while. Returns whether all of it has ended."""
        return self.database.close() & self.heavy_pool.close()


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
