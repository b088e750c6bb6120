"""A read model as the server asks it: does not block the event loop for long, and can wait until it is far enough.

A question about one thing is answered at once from SQLite (some 20 µs); lists, and everything from PostgreSQL, in a few
threads of its own, with a bounded wait and a bounded queue. Writes nothing.
"""

from __future__ import annotations

import asyncio
import heapq
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, Concatenate, Generic, ParamSpec, TypeVar, cast

import msgspec

from feiqian.ids import Party
from feiqian.runtime.shares import Shares
from feiqian.runtime.work import Pool, TooBusy, WorkOverdue

from . import aside
from .database import DATABASE_ERRORS, Database, is_locked, is_postgres, open_database
from .errors import ReadModelDamaged, ReadsBehind
from .files import is_damage, report_damage
from .schema import read_position

THREADS, QUEUE = 4, 256
ANSWER_SECONDS = 5.0  # not money: a time
FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS = 0.001, 0.005  # not money: times
WAIT_SECONDS = 5
MAX_WAITING, MAX_WAITING_OF_ONE = 1024, 64  # requests that wait until the read model is far enough

UNREADABLE = (*DATABASE_ERRORS, msgspec.DecodeError)  # a fact that is no fact is damage, too

P = ParamSpec("P")
T = TypeVar("T")
Question = Callable[Concatenate[Database, P], T]


class Reads:
    """One read model, asked from one event loop; a feature says which and adds its questions to it.

    Every method may raise ReadsBehind if the read model cannot be read now, is being built again or its database stands
    still (whoever has seen a position is not shown the lists of an earlier one), and TooBusy if too many ask at once.
    """

    model: ClassVar[str]  # the read model's name
    pool_name: ClassVar[str]  # what its threads are called in metrics and alarms

    def __init__(
        self,
        location: str | Path,
        answer_seconds: float = ANSWER_SECONDS,  # not money: a time
        *,
        at_least: int = 0,
    ) -> None:
        """`at_least`: the journal position at the start; lists of before it are not shown."""
        self._location, model = location, self.model
        self._where: Callable[[Database], int] = lambda db: read_position(db, model)
        self._threaded = is_postgres(location)
        self._own: Database | None = None  # the event loop's connection
        self._of_thread = threading.local()
        self._opened: list[Database] = []  # by the threads
        self.pool = Pool(self.pool_name, THREADS, QUEUE, answer_seconds)
        self.seen, self._newest = 0, at_least  # the position as anyone last looked at it, and the furthest ever
        self.waiting_for_it: Shares[Party] = Shares(MAX_WAITING)
        self._waiters: list[tuple[int, int, asyncio.Future[None]]] = []  # heap by position
        self._order = count()
        self._poller: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[int] | None = None

    # --- reading what one has written --------------------------------------------------------------------------

    @property
    def position(self) -> int:
        """The journal position that the read model has reached; 0 where there is none (yet).

        In an event loop PostgreSQL is not waited for: the answer is that of the last look, and another look begins.
        """
        if self._threaded and (loop := asyncio._get_running_loop()) is not None:
            if self._looking is None or self._looking.done():
                self._looking = loop.create_task(self.look(), name="read model's position")
            return self.seen
        try:
            self._reached(self._here(self._where))
        except ReadsBehind:
            self._reached(0)
        return self.seen

    @property
    def rebuilding(self) -> bool:
        """Whether it is gone, damaged, or not yet as far as it had once been seen."""
        return self.seen < self._newest

    def _reached(self, position: int) -> None:
        self.seen, self._newest = position, max(position, self._newest)

    async def wait(
        self,
        position: int,
        timeout_seconds: float = WAIT_SECONDS,  # not money: a time
        who: Party | None = None,
    ) -> None:
        """Returns once the read model has reached this journal position. Raises ReadsBehind after the timeout.

        At once, too, where `who` (a merchant, a customer) has as many requests waiting as it may. None is ourselves.
        """
        if position <= self.seen or position <= await self.look():
            return
        if who is None:
            return await self._wait(position, timeout_seconds)
        shares = self.waiting_for_it
        if shares.held.get(who, 0) >= MAX_WAITING_OF_ONE or not shares.enter(who):
            raise ReadsBehind("the read model is behind, and too many requests wait for it already")
        try:
            await self._wait(position, timeout_seconds)
        finally:
            shares.leave(who)

    async def _wait(
        self,
        position: int,
        timeout_seconds: float,  # not money: a time
    ) -> None:
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        heapq.heappush(self._waiters, (position, next(self._order), waiter))
        if self._poller is None or self._poller.done():
            self._poller = loop.create_task(self._poll(), name="read model's position")
        try:
            async with asyncio.timeout(timeout_seconds):
                await waiter
        except TimeoutError:
            raise ReadsBehind(
                f"the read model is at journal position {self.seen}, and has not reached {position} in time"
            ) from None

    async def _poll(self) -> None:
        """While anyone waits, looks how far the read model is: one poller for all."""
        pause = FIRST_POLL_SECONDS
        while self._waiters:
            before = self.seen
            await self.look()
            pause = FIRST_POLL_SECONDS if self.seen > before else min(pause * 2, LONGEST_POLL_SECONDS)
            while self._waiters and (self._waiters[0][0] <= self.seen or self._waiters[0][2].done()):
                waiter = heapq.heappop(self._waiters)[2]
                if not waiter.done():
                    waiter.set_result(None)
            if self._waiters:
                await asyncio.sleep(pause)

    async def look(self) -> int:
        """As `position`, without holding the event loop up where the database is somewhere else."""
        try:
            self._reached(await self._one(self._where))
        except ReadsBehind:
            self._reached(0)
        except TooBusy:
            pass  # how far it is cannot be asked now
        return self.seen

    async def set_aside(self) -> int:
        """How many parts of the journal could not be projected."""
        return await self._one(aside.how_many, self.model)

    # --- connections -------------------------------------------------------------------------------------------

    def close(self) -> bool:
        """Ends the threads and closes every connection; who still waits is told ReadsBehind by the timeout.

        Returns whether all has ended: a database that stands still keeps a thread, and that one's connection open.
        """
        for task in (self._poller, self._looking):
            if task is not None and not task.done():
                task.cancel()
        if not self.pool.close():
            return False
        for db in (*self._opened, *([self._own] if self._own else [])):
            db.close()
        self._opened.clear()
        self._own = None
        return True

    async def _one(self, question: Question[P, T], *values: P.args, **_: P.kwargs) -> T:
        if self._threaded:
            return await self._list(question, *values, **_)
        try:
            return self._here(question, *values, **_)
        except ReadsBehind as error:
            if not is_locked(error.__cause__):
                raise
            # Somebody locks the file: a thread waits for it, not the loop.
            return await self._list(question, *values, **_)

    async def _list(self, question: Question[P, T], *values: P.args, **_: P.kwargs) -> T:
        try:
            return await self.pool.run(lambda: self._there(question, *values, **_))
        except WorkOverdue:
            raise ReadsBehind("the read model's database has not answered in time") from None

    def _here(self, question: Question[P, T], *values: P.args, **_: P.kwargs) -> T:
        """Asks in the event loop's thread."""
        try:
            if self._own is None:
                self._own = open_database(self._location, read_only=True, lock_seconds=0)
            return self._ask(self._own, question, *values, **_)
        except (ReadModelDamaged, *UNREADABLE) as error:
            db, self._own = self._own, None
            raise self._unreadable(db, error) from error

    def _there(self, question: Question[P, T], *values: P.args, **_: P.kwargs) -> T:
        """Asks in a thread of the pool, over that thread's own connection."""
        db: Database | None = getattr(self._of_thread, "db", None)
        try:
            if db is None:
                db = self._of_thread.db = open_database(self._location, read_only=True)
                self._opened.append(db)
            return self._ask(db, question, *values, **_)
        except (ReadModelDamaged, *UNREADABLE) as error:
            self._of_thread.db = None
            if db is not None:
                self._opened.remove(db)
            raise self._unreadable(db, error) from error

    def _ask(self, db: Database, question: Question[P, T], *values: P.args, **_: P.kwargs) -> T:
        """The position is looked at after the answer: what is being built again has none that is as far."""
        if db.gone():
            raise ReadModelDamaged("its file was removed or replaced")
        answer = question(db, *values, **_)
        if question is not self._where:
            self._reached(self._where(db))
            if self.rebuilding:
                raise ReadsBehind("the read model is being built again")
        return answer

    def _unreadable(self, db: Database | None, error: Exception) -> ReadsBehind:
        """Closes the connection, so that the next question opens it anew; the projector is told of damage."""
        if (is_damage(error) or not isinstance(error, (ReadModelDamaged, *DATABASE_ERRORS))) and not (db and db.gone()):
            report_damage(self._location)
        if db is not None:
            db.close()
        self._reached(0)
        return ReadsBehind(f"the read model cannot be read: {error}")


class _Asked(Generic[P, T]):
    """A question as a method of a feature's `Reads`."""

    def __init__(self, question: Question[P, T], ask: Callable[..., Any]) -> None:
        self._question, self._ask = question, ask

    def __get__(self, reads: Reads, owner: type[Reads]) -> Callable[P, Coroutine[Any, Any, T]]:
        return cast("Callable[P, Coroutine[Any, Any, T]]", partial(self._ask, reads, self._question))


def at_once(question: Question[P, T]) -> _Asked[P, T]:
    """Makes a method of a question about one thing: SQLite answers it in the event loop."""
    return _Asked(question, Reads._one)


def in_a_thread(question: Question[P, T]) -> _Asked[P, T]:
    """Makes a method of a question about many things."""
    return _Asked(question, Reads._list)
