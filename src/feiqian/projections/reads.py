"""The read model as the server asks it: does not block the event loop for long, and can wait until it is far enough.

A question about one thing is answered at once from SQLite (some 20 µs); lists, and everything from PostgreSQL, in a few
threads of its own, with a bounded wait and a bounded queue. Writes nothing.
"""

from __future__ import annotations

import asyncio
import heapq
import threading
from collections.abc import Callable, Hashable
from itertools import count
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from feiqian.events import PaymentDecided, RefundDecided
from feiqian.shares import Shares
from feiqian.work import Pool, TooBusy, WorkOverdue

from . import queries
from .database import DATABASE_ERRORS, Database, is_locked, is_postgres, open_database
from .errors import ReadsBehind
from .rows import CustomerDay, Entry, MerchantDay, PaymentRow

THREADS, QUEUE = 4, 256
ANSWER_SECONDS = 5.0  # not money: a time
FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS = 0.001, 0.005  # not money: times
WAIT_SECONDS = 5
MAX_WAITING, MAX_WAITING_OF_ONE = 1024, 64  # requests that wait until the read model is far enough

P = ParamSpec("P")
T = TypeVar("T")
Question = Callable[Concatenate[Database, P], T]


class Reads:
    """One read model, asked from one event loop.

    Every method may raise ReadsBehind if the read model cannot be read now, as while it is being built again or its
    database stands still, and TooBusy if too many ask at once.
    """

    def __init__(self, location: str | Path, answer_seconds: float = ANSWER_SECONDS) -> None:  # not money: a time
        self._location = location
        self._threaded = is_postgres(location)
        self._own: Database | None = None  # the event loop's connection
        self._of_thread = threading.local()
        self._opened: list[Database] = []  # by the threads
        self.pool = Pool("reads", THREADS, QUEUE, answer_seconds)
        self._seen = 0
        self.waiting_for_it: Shares[Hashable] = Shares(MAX_WAITING)
        self._waiters: list[tuple[int, int, asyncio.Future[None]]] = []  # heap by position
        self._order = count()
        self._poller: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None

    # --- reading what one has written --------------------------------------------------------------------------

    @property
    def position(self) -> int:
        """The journal position that the read model has reached; 0 where there is none (yet).

        In an event loop PostgreSQL is not waited for: the answer is that of the last look, and another look begins.
        """
        if self._threaded and (loop := asyncio._get_running_loop()) is not None:
            if self._looking is None or self._looking.done():
                self._looking = loop.create_task(self._look(), name="read model's position")
            return self._seen
        try:
            self._seen = self._here(queries.position)
        except ReadsBehind:
            self._seen = 0
        return self._seen

    async def wait(
        self,
        position: int,
        timeout_seconds: float = WAIT_SECONDS,  # not money: a time
        who: Hashable = None,
    ) -> None:
        """Returns once the read model has reached this journal position. Raises ReadsBehind after the timeout.

        At once, too, where `who` (a merchant, a customer) has as many requests waiting as it may. None is ourselves.
        """
        if position <= self._seen:
            return
        await self._look()
        if position <= self._seen:
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
            await asyncio.wait_for(waiter, timeout_seconds)
        except TimeoutError:
            raise ReadsBehind(
                f"the read model is at journal position {self._seen}, and has not reached {position} in time"
            ) from None

    async def _poll(self) -> None:
        """While anyone waits, looks how far the read model is: one poller for all."""
        pause = FIRST_POLL_SECONDS
        while self._waiters:
            before = self._seen
            await self._look()
            pause = FIRST_POLL_SECONDS if self._seen > before else min(pause * 2, LONGEST_POLL_SECONDS)
            while self._waiters and (self._waiters[0][0] <= self._seen or self._waiters[0][2].done()):
                waiter = heapq.heappop(self._waiters)[2]
                if not waiter.done():
                    waiter.set_result(None)
            if self._waiters:
                await asyncio.sleep(pause)

    async def _look(self) -> None:
        try:
            self._seen = await self._one(queries.position)
        except ReadsBehind:
            self._seen = 0
        except TooBusy:
            return  # how far it is cannot be asked now

    # --- payments ----------------------------------------------------------------------------------------------

    async def payment_by_id(self, id: str) -> PaymentRow | None:
        """A payment by its public id, whoever's it is: the caller checks that."""
        return await self._one(queries.payment_by_id, id)

    async def payment_by_transfer(self, transfer: bytes) -> PaymentRow | None:
        """A payment by the transfer (or hold) that names it in the ledger."""
        return await self._one(queries.payment_by_transfer, transfer)

    async def payment_by_order(self, merchant: int, merchant_order: str) -> PaymentRow | None:
        return await self._one(queries.payment_by_order, merchant, merchant_order)

    async def payments(
        self,
        merchant: int,
        cursor: str | None = None,
        limit: int = 50,
        *,
        status: str | None = None,
        created_from: int | None = None,
        created_before: int | None = None,
    ) -> tuple[list[PaymentRow], str | None]:
        """A page of a merchant's payments, newest first, and the next page's cursor (None: there is none).

        Times are Unix microseconds. A cursor of another merchant gives an empty page. Raises CursorInvalid.
        """
        filters = status, created_from, created_before
        return await self._list(queries.payments, merchant, cursor, limit, *filters)

    async def newest_of_customer(self, customer: int, limit: int = 20) -> list[PaymentRow]:
        """A customer's newest payments, newest first, those declined too."""
        return await self._list(queries.newest_of_customer, customer, limit)

    async def waiting_of_customer(self, customer: int, limit: int = 20) -> list[PaymentRow]:
        """The payments that wait for a customer, newest first. What ended since the read model's position is there."""
        return await self._list(queries.waiting_of_customer, customer, limit)

    async def waiting(self) -> list[PaymentDecided]:
        """All payments that wait for their customers, in no order."""
        return await self._list(queries.waiting)

    async def newest(self, limit: int = 20) -> list[PaymentRow]:
        """The newest payments of all."""
        return await self._list(queries.newest, limit)

    async def refunds_of(self, payment: str) -> list[RefundDecided]:
        """All refunds of the payment of this id, declined ones too, oldest first."""
        return await self._list(queries.refunds_of, payment)

    async def refund_by_transfer(self, transfer: bytes) -> RefundDecided | None:
        return await self._one(queries.refund_by_transfer, transfer)

    # --- statements and totals ---------------------------------------------------------------------------------

    async def statement(
        self, account: bytes, cursor: str | None = None, limit: int = 50
    ) -> tuple[list[Entry], str | None]:
        """A page of the statement of a ledger account (`chart.account_id`), newest first, and the next page's cursor.

        A cursor of another account gives an empty page. Raises CursorInvalid.
        """
        return await self._list(queries.statement, account, cursor, limit)

    async def merchant_day(self, merchant: int, day: int) -> list[MerchantDay]:
        """A merchant's totals of a bank day (yyyymmdd), one for each currency."""
        return await self._one(queries.merchant_day, merchant, day)

    async def customer_day(self, customer: int, day: int) -> list[CustomerDay]:
        """A customer's totals of a bank day (yyyymmdd), one for each currency."""
        return await self._one(queries.customer_day, customer, day)

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
            return await self._list(
                question, *values, **_
            )  # somebody locks the file: a thread waits for it, not the loop

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
            return question(self._own, *values, **_)
        except DATABASE_ERRORS as error:
            if self._own is not None:
                self._own.close()
                self._own = None
            raise ReadsBehind(f"the read model cannot be read: {error}") from error

    def _there(self, question: Question[P, T], *values: P.args, **_: P.kwargs) -> T:
        """Asks in a thread of the pool, over that thread's own connection."""
        db: Database | None = getattr(self._of_thread, "db", None)
        try:
            if db is None:
                db = self._of_thread.db = open_database(self._location, read_only=True)
                self._opened.append(db)
            return question(db, *values, **_)
        except DATABASE_ERRORS as error:
            self._of_thread.db = None
            if db is not None:
                self._opened.remove(db)
                db.close()
            raise ReadsBehind(f"the read model cannot be read: {error}") from error
