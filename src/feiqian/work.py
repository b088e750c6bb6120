"""Blocking work, out of the event loop: short database work in one pool of threads, slow computation in another.

Payments never wait behind a sign-in: each pool is small, has a queue of bounded length, and refuses when that is full.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from feiqian.errors import FeiqianError

P = ParamSpec("P")
T = TypeVar("T")
DATABASE_THREADS, DATABASE_QUEUE = 4, 512
HEAVY_THREADS, HEAVY_QUEUE = max(1, (os.cpu_count() or 2) // 2), 32


class TooBusy(FeiqianError):
    """As much of this work is waiting as may wait. Nothing was done; try again shortly."""


class Work:
    """The two pools."""

    def __init__(self) -> None:
        self._database = _Pool("database", DATABASE_THREADS, DATABASE_QUEUE)
        self._heavy = _Pool("heavy", HEAVY_THREADS, HEAVY_QUEUE)

    async def db(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a function that asks a database. Raises TooBusy."""
        return await self._database.run(lambda: function(*args, **kwargs))

    async def heavy(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a function that computes for long (password hashes, pictures). Raises TooBusy."""
        return await self._heavy.run(lambda: function(*args, **kwargs))

    def close(self) -> None:
        """Waits for what is under way."""
        self._database.close()
        self._heavy.close()


class _Pool:
    def __init__(self, name: str, threads: int, queue: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._limit, self._under_way = threads + queue, 0

    async def run(self, function: Callable[[], T]) -> T:
        if self._under_way >= self._limit:
            raise TooBusy("too much is asked at once; try again in a moment")
        self._under_way += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, function)
        future.add_done_callback(self._done)
        # A client who goes away does not make room for another while the work goes on.
        return await asyncio.shield(future)

    def _done(self, _: object) -> None:
        self._under_way -= 1

    def close(self) -> None:
        self._threads.shutdown()
