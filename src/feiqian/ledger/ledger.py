"""The ledger: decides in memory, makes many decisions durable in one commit, and answers nobody before that.

One writer, in one thread (the event loop's). It never retries a write: after the first failure nothing more is decided,
because what is in memory may or may not be in the journal. `docs/decisions/0001-group-commit.md` says why it is so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

from feiqian.clock import MICROSECONDS, Clock
from feiqian.errors import FencedOff, LedgerError, LedgerStopped

from .body import encode_body
from .engine import Engine, Refusal, refusal_of
from .journal import Head, Journal

Subscriber = Callable[[int, list[bytes]], object]


class Posting(NamedTuple):
    """The answer to one chain. It may be told to anyone once `position` is durable."""

    refusal: Refusal
    results: bytes  # a `Refusal` for each event
    position: int


class _Commit(NamedTuple):
    """A row on its way to the journal."""

    position: int
    records: list[bytes]
    facts: list[bytes]
    written_at: int


class _RowFuture(asyncio.Future[None]):
    """Waited for by everyone whose answer is in the row; one of them being cancelled must not cancel the others.

    The cancelled task still ends as cancelled, once the row is durable.
    """

    def cancel(self, msg: Any | None = None) -> bool:
        return False


class Ledger:
    """Made by `recovery.open_ledger`, which brings the engine to where the journal ends.

    `threaded` writes from a thread of its own, so that the event loop runs on meanwhile; without it a commit is made at
    the end of the tick of the loop in which its events came.
    """

    def __init__(self, journal: Journal, engine: Engine, clock: Clock, head: Head, *, threaded: bool = False) -> None:
        self._journal, self._engine, self._clock = journal, engine, clock
        self._records: list[bytes] = []  # of the row being filled
        self._facts: list[bytes] = []
        self._taken = self._durable = head.position  # the last row handed to the journal, and the last that is on disk
        self._epoch = head.epoch
        self._stopped: BaseException | None = None
        self._scheduled = False
        self._waiting: dict[int, _RowFuture] = {}
        self._subscribers: list[Subscriber] = []
        self._threaded = threaded
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._flight: tuple[_Commit, Future[bytes]] | None = None

    # --- deciding ----------------------------------------------------------------------------------------------

    def post(self, events: bytes) -> Posting:
        """Decides one chain, now, in memory. Raises LedgerStopped, and ValueError for what is not whole events."""
        results = self.post_many(events)
        refusal = Refusal.OK if results.count(0) == len(results) else refusal_of(results)
        return Posting(refusal, results, self.position)

    def post_many(self, events: bytes) -> bytes:
        """Decides any number of chains, in order; returns a `Refusal` for each event. Raises as `post` does."""
        if self._stopped is not None:
            raise self._stop_error()
        seconds = self._clock.now() // MICROSECONDS
        try:
            results, records = self._engine.apply(events, seconds, self._clock.day(seconds))
        except ValueError:
            raise  # not whole events: nothing was changed
        except BaseException as error:
            self._stop(error)
            raise
        if records:
            self._records.append(records)
            self._schedule()
        return results

    def note(self, fact: bytes) -> None:
        """Adds a fact to the row being filled. Call it right after `post`, without awaiting in between."""
        if self._stopped is not None:
            raise self._stop_error()
        self._facts.append(fact)
        self._schedule()

    @property
    def engine(self) -> Engine:
        """For asking only (balances, allowances, totals); what it says depends on `position`."""
        return self._engine

    @property
    def position(self) -> int:
        """The row that the state in memory depends on; every answer waits for it."""
        return self._taken + 1 if self._records or self._facts else self._taken

    @property
    def durable_position(self) -> int:
        """The last row that is on disk."""
        return self._durable

    @property
    def epoch(self) -> int:
        """This writer's epoch."""
        return self._epoch

    @property
    def stopped(self) -> BaseException | None:
        """Why nothing is decided any more, or None while all is well."""
        return self._stopped

    def check_place(self) -> None:
        """Stops the ledger if its journal was moved; each commit looks by itself, and a watch does where none comes."""
        try:
            self._journal.check_place()
        except LedgerError as error:
            self._stop(error)

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Calls `callback(position, facts)` for each durable row, in the loop. Returns how to unsubscribe."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    # --- waiting -----------------------------------------------------------------------------------------------

    async def durable(self, position: int) -> None:
        """Returns when this row is on disk. Raises LedgerStopped if that is not known to have happened."""
        if position <= self._durable:
            return
        if self._stopped is not None:
            raise self._stop_error()
        future = self._waiting.get(position)
        if future is None:
            if position > self.position:
                raise ValueError(f"nothing depends on position {position}; the newest is {self.position}")
            future = self._waiting[position] = _RowFuture()
        await future

    def commit(self) -> int:
        """Makes all that was posted durable before it returns, for tools without a loop. Returns the last position."""
        self.start_commit()
        self._settle()
        return self._durable

    def start_commit(self) -> None:
        """Hands what was posted to the journal's thread, and returns once the commit before it is durable.

        So a tool decides its next batch while this one is written. Raises LedgerStopped.
        """
        self._settle()
        if self._records or self._facts:
            self._launch()

    # --- committing --------------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        if not self._scheduled and self._flight is None and (loop := asyncio._get_running_loop()) is not None:
            self._scheduled = True
            loop.call_soon(self._tick)

    def _tick(self) -> None:
        """The end of a tick: all that it decided becomes one row."""
        self._scheduled = False
        if self._stopped is not None or self._flight is not None or not (self._records or self._facts):
            return
        if self._threaded:
            flight, loop = self._launch(), asyncio.get_running_loop()
            flight.add_done_callback(lambda _: loop.call_soon_threadsafe(self._arrived))
            return
        commit = self._take()
        try:
            self._append(commit)
        except BaseException as error:
            self._stop(error)
        else:
            self._landed(commit)

    def _take(self) -> _Commit:
        self._taken += 1
        commit = _Commit(self._taken, self._records, self._facts, self._clock.now())
        self._records, self._facts = [], []
        return commit

    def _append(self, commit: _Commit) -> bytes:
        body = encode_body(b"".join(commit.records), commit.facts, commit.written_at)
        return self._journal.append(commit.position, body, commit.written_at)

    def _launch(self) -> Future[bytes]:
        commit = self._take()
        flight = self._pool.submit(self._append, commit)
        self._flight = commit, flight
        return flight

    def _arrived(self) -> None:
        if self._flight is not None and self._flight[1].done():
            self._land_flight()
        self._tick()

    def _settle(self) -> None:
        """Waits for the commit on its way, if there is one."""
        if self._flight is not None:
            self._land_flight()
        if self._stopped is not None:
            raise self._stop_error()

    def _land_flight(self) -> None:
        assert self._flight is not None
        commit, flight = self._flight
        error = flight.exception()  # waits
        self._flight = None
        if error is not None:
            self._stop(error)
        else:
            self._landed(commit)

    def _landed(self, commit: _Commit) -> None:
        self._durable = commit.position
        future = self._waiting.pop(commit.position, None)
        if future is not None:
            future.set_result(None)
        for subscriber in tuple(self._subscribers):
            subscriber(commit.position, commit.facts)

    # --- stopping ----------------------------------------------------------------------------------------------

    def _stop(self, error: BaseException) -> None:
        """The first failure ends service for good; everyone who waits is told that the outcome is unknown."""
        self._stopped = self._stopped or error
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            future.set_exception(self._stop_error())

    def _stop_error(self) -> LedgerStopped:
        why = "another writer has taken over" if isinstance(self._stopped, FencedOff) else f"{self._stopped!r}"
        error = LedgerStopped(f"the ledger stopped ({why}): outcome unknown; ask again by id after the restart")
        error.__cause__ = self._stopped
        return error

    def close(self) -> None:
        """Ends the writer; what was posted and not committed is lost, so `commit` first. The journal stays open."""
        if self._stopped is None:
            self._pool.shutdown(wait=True)
            self._stop(LedgerStopped("closed"))
