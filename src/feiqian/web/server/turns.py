"""Pages, customers' requests and refunds take turns, after payments: one step of one of them in a turn of the loop.

A step is what a request does until it awaits something. While payments are being made, steps have a third of the loop's
time; while one is under way, none is begun, unless that has lasted too long. What waits for its own commit after its
turn (`Admission.patient`) is no payment under way: else each would wait for the commit of the one before. Networks take
turns with each other, and share the places of requests under way. Decides when, and knows nothing of what the requests
are.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

from feiqian.runtime.network import client
from feiqian.runtime.rounds import Rounds
from feiqian.runtime.shares import Admission, Overloaded, Shares

REQUESTS_UNDER_WAY = 512
PAUSES = 2  # as long as the steps before them, while payments are made
TICK_SECONDS = 0.001  # below it the loop's timers are not exact
PATIENCE_SECONDS = 0.005  # how long payments under way keep a step waiting
HOPS = 3  # turns of the loop in which a payment that has arrived is read, and begins

T = TypeVar("T")


class Slot:
    """A place among the requests under way, which whoever is answered for long gives back before the end."""

    def __init__(self, places: Shares[str], network: str) -> None:
        """Raises Overloaded."""
        if not places.enter(network):
            raise Overloaded("as many requests of customers are under way as can be")
        self._places, self.network, self._held = places, network, True

    def leave(self) -> None:
        if self._held:
            self._held = False
            self._places.leave(self.network)


class Turns:
    """Of one event loop. `paid` counts payments that were answered."""

    def __init__(
        self, admission: Admission, paid: Callable[[], int], now: Callable[[], float] = time.perf_counter
    ) -> None:
        self._admission, self._paid, self.now = admission, paid, now
        self.places: Shares[str] = Shares(REQUESTS_UNDER_WAY)  # requests under way, by network
        self._waiting: Rounds[str, asyncio.Future[None]] = Rounds()  # by network
        self._open = True  # whether a step may begin at once: none has in this turn of the loop, and none waits
        self._owed = 0.0  # seconds of pause
        self._ended = 0.0  # when the last step did
        self._seen = 0

    async def run(self, work: Callable[[Slot], Coroutine[Any, Any, T]]) -> T:
        """Does the work, step by step, in a place of those under way. Raises Overloaded, and what the work raises."""
        place = Slot(self.places, client.get())
        try:
            return await _Steps(self, place.network, work(place))
        finally:
            place.leave()

    async def begun(self, caller: str, work: Coroutine[Any, Any, T]) -> T:
        """Does the work, whose first step has its turn as one of a network, and in no place: whoever asks bounds how
        many there are. The steps after it have none, so that what it has decided does not wait for itself."""
        return await _Steps(self, caller, work, first_only=True)

    def begin(self, network: str) -> asyncio.Future[None] | None:
        """The turn to wait for before a step; None if it may be taken at once. Whoever has had it calls `end`."""
        if self._open and not self._admission.hurried:
            self._open = False
            return None
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(network, turn)
        if self._open:
            self._open = False
            self._ended = self.now()
            self._after_hops(HOPS)
        return turn

    def end(self, seconds: float) -> None:
        """A step took so long. The next may come when payments have had their time."""
        paid = self._paid()
        if paid != self._seen or self._admission.hurried:
            self._seen = paid
            self._owed += PAUSES * seconds
        self._ended, loop = self.now(), asyncio.get_running_loop()
        if self._owed >= TICK_SECONDS:
            loop.call_later(self._owed, self._after_hops, HOPS)
            self._owed = 0.0
        else:
            loop.call_soon(self._after_hops, HOPS)

    def _after_hops(self, hops: int) -> None:
        if hops and self._waiting:
            asyncio.get_running_loop().call_soon(self._after_hops, hops - 1)
        else:
            self._grant()

    def _grant(self) -> None:
        """The next step of the network whose turn it is; or, while payments are under way, a look a little later."""
        if self._admission.hurried and self._waiting and self.now() - self._ended < PATIENCE_SECONDS:
            asyncio.get_running_loop().call_later(TICK_SECONDS, self._grant)
            return
        while self._waiting:
            turn = self._waiting.next()
            if not turn.done():  # who waited for it may have gone away
                turn.set_result(None)
                return
        self._open = True


class _Steps(Generic[T]):
    """Awaits a coroutine, with a turn before each of its steps, or before the first."""

    def __init__(self, turns: Turns, network: str, work: Coroutine[Any, Any, T], *, first_only: bool = False) -> None:
        self._turns, self._network, self._work, self._first_only = turns, network, work, first_only

    def __await__(self) -> Generator[Any, Any, T]:
        turns, work, error = self._turns, self._work, None
        has_turn = waits = True
        while True:
            if waits:
                raised, has_turn = yield from self._wait()
                error = raised or error
            began = turns.now()
            try:
                waits_for = work.send(None) if error is None else work.throw(error)
            except StopIteration as done:
                result: T = done.value
                return result
            finally:
                if has_turn:
                    turns.end(turns.now() - began)
            error = None
            if self._first_only:
                has_turn = waits = False
            try:
                yield waits_for
            except GeneratorExit:
                work.close()
                raise
            except BaseException as thrown:
                error = thrown

    def _wait(self) -> Generator[Any, Any, tuple[BaseException | None, bool]]:
        """Waits for the turn. What was raised meanwhile, as when the request is given up, and whether the turn came."""
        turn, raised = self._turns.begin(self._network), None
        if turn is None:
            return None, True
        try:
            yield from turn
        except GeneratorExit:
            self._work.close()
            if turn.done():
                self._turns.end(0.0)
            turn.cancel()
            raise
        except BaseException as thrown:
            raised = thrown
        return raised, not turn.cancelled()
