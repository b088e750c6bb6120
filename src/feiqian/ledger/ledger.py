"""The ledger: decides in memory, makes many decisions durable in one commit, and answers nobody before that.

One writer, in one thread (the event loop's). It never retries a write: after the first failure nothing more is decided,
because what is in memory may or may not be in the journal. A commit that takes too long is no failure yet: who waits is
told that the outcome is unknown, nothing is decided meanwhile, and what the journal answers in the end counts.
`docs/decisions/0001-group-commit.md`, `0011-a-commit-that-is-overdue-is-unknown.md` and
`0067-a-thread-commits-and-the-loop-waits-a-moment.md` say why it is so.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

from feiqian.clock import MICROSECONDS, Clock
from feiqian.errors import CommitOverdue, FencedOff, LedgerError, LedgerStopped, NotDeciding
from feiqian.runtime import logs

from .body import encode_body
from .engine import Engine, Refusal, refusal_of
from .journal import Head, Journal
from .ledger_clock import LedgerClock
from .standstill import WAIT_SECONDS, Standstill

Tell = Callable[[LedgerError | None], object]
Subscriber = Callable[[int, list[bytes]], object]
Annotate = Callable[[bytes, bytes], Iterable[bytes]]
COMMIT_SECONDS, PROBE_SECONDS = 10.0, 1.0  # not money: times
GATHER_SECONDS = 0.004  # not money: the longest that a row is put off so that more comes into it
_log = logs.get("feiqian.ledger")


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

    A commit is made by a thread of its own: from the end of the tick of the loop in which its first events came, or a
    few ticks later if these bring more (`_gather`). The loop waits for it while the journal is fast (`standstill.py`),
    never longer than `wait_seconds`, and then runs on. It is overdue after `commit_seconds`.
    """

    def __init__(
        self,
        journal: Journal,
        engine: Engine,
        clock: Clock,
        head: Head,
        *,
        commit_seconds: float = COMMIT_SECONDS,  # not money: a time
        wait_seconds: float = WAIT_SECONDS,  # not money: a time
    ) -> None:
        self._standstill = Standstill(wait_seconds)
        self._journal, self._bank_clock = journal, clock
        self.engine = engine  # for asking only (balances, allowances, totals); what it says depends on `position`
        # The time by which this ledger decides. Codes and deadlines go by it, and by no other clock.
        self.clock = LedgerClock(clock, engine.moment.seconds * MICROSECONDS)
        self._records: list[bytes] = []  # of the row being filled
        self._facts: list[bytes] = []
        self._taken = head.position  # the last row handed to the journal
        self.durable_position, self.durable_hash = head.position, head.hash  # of the last row that is on disk
        self.epoch = head.epoch  # this writer's
        self.stopped: BaseException | None = None  # why nothing is decided any more
        self._scheduled: asyncio.AbstractEventLoop | None = None  # in which the row being filled will be ended
        self._gathered = 0  # postings in the row being filled, when they were counted last
        self._gathers_until = 0.0  # not money: a time
        self._waiting: dict[int, _RowFuture] = {}
        self._calls: dict[int, list[Tell]] = {}  # of who waits without a task
        self._subscribers: list[Subscriber] = []
        self._annotate: Annotate | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._pool.submit(bool).result()  # begins the thread: with the first row that must not fail
        self._flight: tuple[_Commit, Future[bytes]] | tuple[None, Future[None]] | None = None
        self._told: asyncio.AbstractEventLoop | None = None  # who hears that the flight has landed
        self._commit_seconds = commit_seconds
        self._launched_at = 0.0  # not money: a time, monotonic
        self._watching: asyncio.AbstractEventLoop | None = None  # in which a timer looks at the flights
        self.overdue = False  # the journal has not answered in time; until it does, nothing is decided
        self.overdue_times = 0  # how often it has been
        self._barred = False  # nothing is decided: stopped, or a commit is overdue
        self._clock_jumped = False  # neither then, but what was decided is committed
        self.clock_jumps = 0  # how often it has
        self._ready: asyncio.Event = asyncio.Event()
        self._ready.set()

    # --- deciding ----------------------------------------------------------------------------------------------

    def post(self, events: bytes) -> Posting:
        """Decides one chain, now, in memory.

        Raises LedgerStopped or NotDeciding (then nothing was done), and ValueError for what is not whole events.
        """
        results = self.post_many(events)
        refusal = Refusal.OK if results.count(0) == len(results) else refusal_of(results)
        return Posting(refusal, results, self.position)

    def post_many(self, events: bytes) -> bytes:
        """Decides any number of chains, in order; returns a `Refusal` for each event. Raises as `post` does."""
        if self._barred:
            raise self._bar_error()
        seconds = self.clock.now() // MICROSECONDS
        if self._bank_clock.jumped:
            self._heed_clock()
            raise self._bar_error()
        try:
            results, records = self.engine.apply(events, seconds, self.clock.day(seconds))
        except ValueError:
            raise  # not whole events: nothing was changed
        except BaseException as error:
            self._stop(error)
            raise
        if records:
            self._records.append(records)
            if self._annotate is not None:
                self._facts += self._annotate(events, results)
            self._schedule()
        return results

    def require_deciding(self) -> None:
        """Raises what `post` would raise now: for whoever uses something up before it."""
        if self._barred or self.look_at_clock():
            raise self._bar_error()

    def record(self, fact: bytes) -> None:
        """Adds a fact to the row being filled. Call it right after `post`, without awaiting in between."""
        if self._barred:
            raise self._bar_error()
        self._facts.append(fact)
        self._schedule()

    @property
    def position(self) -> int:
        """The row that the state in memory depends on; every answer waits for it."""
        return self._taken + 1 if self._records or self._facts else self._taken

    def look_at_clock(self) -> bool:
        """Whether the machine's clock has jumped, so that nothing is decided now.

        Each decision looks by itself, but who waits until decisions are made again is told by this. To be called now
        and then, in the loop.
        """
        self._bank_clock.now()
        self._heed_clock()
        return self._clock_jumped

    async def deciding(self) -> None:
        """Returns at once while all is well, else when the journal answers and the clock is right, or it stops."""
        await self._ready.wait()

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

    def annotate(self, annotate: Annotate) -> None:
        """Right after each posting `annotate(events, results)` may ask the engine, and gives facts for the same row.

        It must never raise, and cost next to nothing: payments wait for it.
        """
        self._annotate = annotate

    # --- waiting -----------------------------------------------------------------------------------------------

    async def durable(self, position: int) -> None:
        """Returns when this row is on disk. Raises LedgerStopped or CommitOverdue if that is not known to be so.

        After CommitOverdue the row may still get there: whoever was told asks again.
        """
        if position <= self.durable_position:
            return
        if self._barred:
            raise self._unknown()
        future = self._waiting.get(position)
        if future is None:
            self._require_expected(position)
            future = self._waiting[position] = _RowFuture()
            self._schedule()  # what was posted without a loop
        await future

    def when_durable(self, position: int, tell: Tell) -> None:
        """As `durable`, without a task: calls `tell(None)` once the row is on disk, or `tell` with what `durable`
        would raise; in the order in which it was asked, before the subscribers, and perhaps before this returns."""
        if position <= self.durable_position:
            tell(None)
        elif self._barred:
            tell(self._unknown())
        else:
            calls = self._calls.get(position)
            if calls is None:
                self._require_expected(position)
                calls = self._calls[position] = []
                self._schedule()  # as in `durable`
            calls.append(tell)

    def _require_expected(self, position: int) -> None:
        if position > self.position:
            raise ValueError(f"nothing depends on position {position}; the newest is {self.position}")

    def _unknown(self) -> LedgerError:
        return self._stop_error() if self.stopped is not None else _overdue_error()

    def commit(self, timeout_seconds: float | None = None) -> int:  # not money: a time
        """Makes all that was posted durable before it returns, for tools without a loop. Returns the last position.

        Raises LedgerStopped, and CommitOverdue if one of at most two commits takes longer than the timeout.
        """
        self._settle(timeout_seconds)
        self.start_commit()
        self._settle(timeout_seconds)
        return self.durable_position

    def start_commit(self) -> None:
        """Hands what was posted to the journal's thread, and returns once the commit before it is durable.

        So a tool decides its next batch while this one is written. Raises LedgerStopped.
        """
        self._settle()
        if self._records or self._facts:
            self._launch()

    def begin_with(self, records: bytes) -> None:
        """Commits records that the engine has taken already, before anything is decided. Raises LedgerStopped."""
        self._records.append(records)
        self.commit()

    # --- committing --------------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        loop = asyncio._get_running_loop()
        if loop is None or loop is self._scheduled:
            return
        if self._flight is None:
            self._scheduled = loop
            self._gathered, self._gathers_until = 1, time.perf_counter() + GATHER_SECONDS
            loop.call_soon(self._gather)
        elif loop is not self._told:  # it was begun by hand, or in a loop that has ended
            self._fly(self._flight[1])

    def _gather(self) -> None:
        """Puts the row off while each turn of the loop brings more of them for it, and no longer than a moment: who
        was answered by the row before asks again meanwhile, and half as many rows cost less."""
        gathered = len(self._records)
        if gathered > self._gathered and time.perf_counter() < self._gathers_until:
            self._gathered = gathered
            asyncio.get_running_loop().call_soon(self._gather)
        else:
            self._tick()

    def _tick(self) -> None:
        """All that was decided becomes one row, unless one is on its way."""
        self._scheduled = None
        if self._flight is not None:
            self._schedule()  # hears of it
        elif self.stopped is None and (self._records or self._facts):
            flight = self._launch()
            if not (self._standstill.waits() and self._lands_soon(flight)):
                self._fly(flight)

    def _lands_soon(self, flight: Future[bytes]) -> bool:
        """Waits a moment for the commit. Whether it has ended."""
        began = time.perf_counter()
        with contextlib.suppress(TimeoutError):
            flight.exception(self._standstill.wait_seconds)
        self._standstill.took(time.perf_counter() - began)
        landed = flight.done()
        if landed:
            self._land_flight()
        return landed

    def _take(self) -> _Commit:
        self._taken += 1
        commit = _Commit(self._taken, self._records, self._facts, self.clock.now())
        self._records, self._facts = [], []
        return commit

    def _append(self, commit: _Commit) -> bytes:
        body = encode_body(b"".join(commit.records), commit.facts, commit.written_at)
        return self._journal.append(commit.position, body, commit.written_at)

    def _launch(self) -> Future[bytes]:
        commit = self._take()
        self._launched_at = time.monotonic()
        flight = self._pool.submit(self._append, commit)
        self._flight, self._told = (commit, flight), None
        return flight

    def _fly(self, flight: Future[Any]) -> None:
        """The loop runs on, and hears of it when the flight has landed or is overdue."""
        self._watch(self._commit_seconds)
        self._told = loop = asyncio.get_running_loop()
        flight.add_done_callback(lambda _: loop.is_closed() or loop.call_soon_threadsafe(self._arrived))

    def probe(self) -> None:
        """Asks a journal that has nothing to do whether it answers, and whether this writer still has the fence.

        It is overdue as a commit is, and its failure stops the ledger, before a payment finds out. To be called now and
        then, in the loop; does nothing where a commit or a probe was begun within the last second.
        """
        busy = self._barred or self._flight is not None or self._scheduled is not None
        if not busy and time.monotonic() - self._launched_at >= PROBE_SECONDS:
            self._launched_at = time.monotonic()
            asked = self._pool.submit(self._journal.check)
            self._flight = None, asked
            self._fly(asked)

    def _arrived(self) -> None:
        if self._flight is not None and self._flight[1].done():
            self._land_flight()
        self._tick()

    def _settle(self, timeout_seconds: float | None = None) -> None:  # not money: a time
        """Waits for the commit on its way, if there is one."""
        if self._flight is not None:
            self._land_flight(timeout_seconds)
        if self.stopped is not None:
            raise self._stop_error()

    def _land_flight(self, timeout_seconds: float | None = None) -> None:  # not money: a time
        assert self._flight is not None
        commit, flight = self._flight
        try:
            error = flight.exception(timeout_seconds)  # waits
        except TimeoutError:
            raise _overdue_error() from None
        self._flight = None
        if error is not None:
            self._stop(error)
            return
        if self.overdue:
            self.overdue = self._barred = False
            self._tell_ready()
        hash = flight.result()
        if commit is not None and hash is not None:  # else it was a probe
            self._landed(commit, hash)

    def _landed(self, commit: _Commit, hash: bytes) -> None:
        self.durable_position, self.durable_hash = commit.position, hash
        future = self._waiting.pop(commit.position, None)
        if future is not None:
            future.set_result(None)
        _call(self._calls.pop(commit.position, ()), None)
        for subscriber in tuple(self._subscribers):
            subscriber(commit.position, commit.facts)

    # --- a commit that is overdue ------------------------------------------------------------------------------

    def _watch(self, seconds: float) -> None:  # not money: a time
        """One timer for all flights: it costs nothing that there are thousands a second."""
        loop = asyncio.get_running_loop()
        if loop is not self._watching:
            self._watching = loop
            loop.call_later(seconds, self._look)

    def _look(self) -> None:
        self._watching = None
        if self._flight is None or self.stopped is not None or self.overdue:
            return
        left = self._launched_at + self._commit_seconds - time.monotonic()
        if left > 0:
            self._watch(left)
        elif not self._flight[1].done():
            self.overdue = self._barred = True
            self.overdue_times += 1
            self._tell_ready()
            self._tell_waiting(_overdue_error)

    def _tell_waiting(self, error: Callable[[], LedgerError]) -> None:
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            future.set_exception(error())
        calls, self._calls = self._calls, {}
        for told in calls.values():
            _call(told, error())

    # --- a clock that jumps ------------------------------------------------------------------------------------

    def _heed_clock(self) -> None:
        jumped = self._bank_clock.jumped
        if jumped is not self._clock_jumped:
            self._clock_jumped = jumped
            self.clock_jumps += jumped
            self._tell_ready()

    def _tell_ready(self) -> None:
        if self.stopped is None and (self.overdue or self._clock_jumped):
            self._ready.clear()
        else:
            self._ready.set()

    # --- stopping ----------------------------------------------------------------------------------------------

    def _stop(self, error: BaseException) -> None:
        """The first failure ends service for good; everyone who waits is told that the outcome is unknown."""
        self.stopped = self.stopped or error
        self._barred, self.overdue = True, False
        self._tell_ready()
        self._tell_waiting(self._stop_error)

    def _bar_error(self) -> LedgerError:
        if self.stopped is not None:
            return self._stop_error()
        why = "the journal does not answer" if self._barred else "the machine's clock has jumped"
        return NotDeciding(f"{why}, so nothing is decided: nothing was done; try again later")

    def _stop_error(self) -> LedgerStopped:
        why = "another writer has taken over" if isinstance(self.stopped, FencedOff) else f"{self.stopped!r}"
        error = LedgerStopped(f"the ledger stopped ({why}): outcome unknown; ask again by id after the restart")
        error.__cause__ = self.stopped
        return error

    def close(self) -> None:
        """Ends the writer; what was posted and not committed is lost, so `commit` first. The journal stays open."""
        if self.stopped is None:
            self._pool.shutdown(wait=True)
            self._stop(LedgerStopped("closed"))


def _call(calls: Iterable[Tell], error: LedgerError | None) -> None:
    """Tells all of a row. One that fails keeps nobody else from being told, and is no failure of the ledger."""
    for tell in calls:
        try:
            tell(error)
        except Exception as failed:
            _log.error("answer_failed", exc_info=failed)


def _overdue_error() -> CommitOverdue:
    return CommitOverdue("the journal has not answered in time: outcome unknown; ask again by id")
