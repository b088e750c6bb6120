"""Live pages: the ledger's durable rows wake the streams of those pages that are open, and nobody else.

When no page is open a durable row costs one look at an empty set. A page that is slow misses nothing but is told once
for many rows; it asks for the state that holds then. There are at most `MAX_STREAMS` streams, and when all are taken
whoever has most of them gives one up.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from typing import Literal

import msgspec

from feiqian.events import (
    BetweenPeople,
    Fact,
    OwnTransferDecided,
    PaymentCancelled,
    PaymentDecided,
    RefundDecided,
    decode_fact,
)
from feiqian.ids import CustomerNumber, Party
from feiqian.runtime.network import client
from feiqian.runtime.shares import Places, Throttle

MAX_STREAMS, MAX_STREAMS_OF_ONE = 256, 6
OPENED_PER_SECOND, OPENED_AT_ONCE = 2, 24  # by one person: who opens an older one's place again and again is refused
HEARTBEAT_SECONDS = 15.0
COALESCE_SECONDS = 0.25
KEPT_FACTS = 8

Topic = Party | tuple[Literal["bank"], Literal[0]]
ONLY_BANK: set[Topic] = {("bank", 0)}  # who looks once a second by itself
MovesMoney = PaymentDecided | RefundDecided


class TooManyStreams(Exception):
    """As many live pages as are allowed are open, and nobody has more of them than whoever asks; or one person opens
    them too fast."""


class Watcher:
    """One open page: it waits, and is given the newest facts about its topic."""

    def __init__(self, hub: Hub, topic: Topic, whose: Hashable) -> None:
        self._hub = hub
        self.topic, self.whose = topic, whose
        self.position = 0
        self._facts: deque[MovesMoney] = deque(maxlen=KEPT_FACTS)
        self._woken = asyncio.Event()
        self.closed = False

    def wake(self, position: int, fact: MovesMoney | None) -> None:
        self.position = position
        if fact is not None:
            self._facts.append(fact)
        self._woken.set()

    def close(self) -> None:
        self.closed = True
        self._woken.set()

    async def closing(self, seconds: float) -> None:
        """Waits so long, or until the page is to be closed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()

    async def __aiter__(self) -> AsyncIterator[list[MovesMoney] | None]:
        """The facts since the last time (it may be an empty list), or None when nothing happened for so long."""
        while not self.closed:
            await self.closing(HEARTBEAT_SECONDS)
            if self.closed:
                return
            if not self._woken.is_set():
                yield None
                continue
            self._woken.clear()
            facts = list(self._facts)
            self._facts.clear()
            yield facts
            await asyncio.sleep(COALESCE_SECONDS)

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, *_: object) -> None:
        self._hub.leave(self)


class Rates:
    """How many facts became durable in each of the last seconds."""

    def __init__(self, seconds: int = 120, now: Callable[[], float] = time.monotonic) -> None:
        self._counts: deque[int] = deque([0] * seconds, maxlen=seconds)
        self._now = now
        self._second = int(now())
        self._count = 0

    def add(self, count: int) -> None:
        self._turn()
        self._count += count

    def history(self) -> list[int]:
        """The whole seconds, oldest first; the one that is not over is not among them."""
        self._turn()
        return list(self._counts)

    def _turn(self) -> None:
        second = int(self._now())
        for _ in range(min(second - self._second, len(self._counts))):
            self._counts.append(self._count)
            self._count = 0
        self._second = second


class Hub:
    """All open pages. `on_rows` is what the ledger calls, in the event loop."""

    def __init__(self, max_streams: int = MAX_STREAMS, now: Callable[[], float] = time.monotonic) -> None:
        self._opened: Throttle[int] = Throttle(OPENED_PER_SECOND, OPENED_AT_ONCE, now)
        self._watchers: dict[Topic, set[Watcher]] = {}
        self.places: Places[Hashable, Watcher] = Places(max_streams)
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None  # in which the pages' streams run, once there is one
        self.rates = Rates()

    def on_rows(self, position: int, facts: Sequence[bytes]) -> None:
        self.rates.add(len(facts))
        if not self._watchers or self._watchers.keys() == ONLY_BANK:
            return
        for data in facts:
            self._tell(position, decode_fact(data))

    def _tell(self, position: int, fact: Fact) -> None:
        """Those concerned are given what moves money; of how a waiting payment ended, that they should look again."""
        if isinstance(fact, PaymentCancelled) and not fact.customer:  # of a version that did not say whose it was
            for watchers in self._watchers.values():
                for watcher in watchers:
                    watcher.wake(position, None)
            return
        moves = fact if isinstance(fact, PaymentDecided | RefundDecided) else None
        for topic in _concerned(fact):
            for watcher in self._watchers.get(topic, ()):
                watcher.wake(position, moves)

    def look_again(self, customer: CustomerNumber) -> None:
        """Wakes this customer's pages: something of theirs has changed that is in no fact. From whatever thread."""
        if self._loop is not None and not self._closed:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and with it every page
                self._loop.call_soon_threadsafe(self._wake, customer)

    def _wake(self, customer: CustomerNumber) -> None:
        for watcher in self._watchers.get(("customer", customer), ()):
            watcher.wake(watcher.position, None)

    def opening(self, person: int) -> None:
        """Before anything is looked up for a person's stream. Raises TooManyStreams; the page tries again later."""
        if not self._opened.allow(person):
            raise TooManyStreams

    def watch(self, topic: Topic) -> Watcher:
        """Raises TooManyStreams. Whoever watches must `leave`; a watcher is a context that does.

        A customer's streams are counted for that person, all others for the network that asks for them.
        """
        if self._closed:
            raise TooManyStreams
        self._loop = asyncio._get_running_loop()
        whose: Hashable = topic if topic[0] == "customer" else client.get()
        self._make_room(whose)
        watcher = Watcher(self, topic, whose)
        self._watchers.setdefault(topic, set()).add(watcher)
        self.places.add(whose, watcher)
        return watcher

    def _make_room(self, whose: Hashable) -> None:
        """Ends a stream if there is no room for one more; its page asks again after a while."""
        places = self.places
        mine = places.held.get(whose, {})
        if isinstance(whose, tuple) and len(mine) >= MAX_STREAMS_OF_ONE:  # a person's
            oldest = next(iter(mine))  # most likely of a page that has gone, and nobody has noticed
        elif not places.full:
            return
        else:
            giving_way = places.giving_way(whose)
            if giving_way is None:
                places.refused += 1
                raise TooManyStreams
            oldest = giving_way[1][0]
        self.leave(oldest)
        oldest.close()

    def leave(self, watcher: Watcher) -> None:
        if self.places.remove(watcher.whose, watcher):
            watchers = self._watchers[watcher.topic]
            watchers.discard(watcher)
            if not watchers:
                del self._watchers[watcher.topic]

    def close(self) -> None:
        """The server stops: every stream ends at once, so that nothing waits for a browser."""
        self._closed = True
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.close()


def _concerned(fact: Fact) -> list[Topic]:
    if isinstance(fact, BetweenPeople):
        return [("customer", fact.sender), ("customer", fact.receiver)]
    if isinstance(fact, OwnTransferDecided):
        return [("customer", fact.customer)]
    return [("customer", fact.customer), ("merchant", fact.merchant)]


def message(event: str, data: object) -> bytes:
    """One server-sent event (WHATWG HTML, 9.2); JSON never holds a bare line break."""
    return b"event: " + event.encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"


HEARTBEAT = b": still here\n\n"
OPENING = b"retry: 1500\n\n"
