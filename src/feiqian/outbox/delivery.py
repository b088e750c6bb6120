"""One worker a topic, each with sendings of its own under way, so that a slow topic holds up no other.

What is claimed is sent at least once: a crash between the other side's yes and our note of it sends it again when the
lease is over. A receiver has one sending under way. Those that failed before, or the lanes of receivers that are slow,
take half of a topic's places at most, so that however many receivers are down, the others are served.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection

from feiqian.clock import HOUR, Clock
from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.outbox import store
from feiqian.outbox.errors import NotSent, RefusedForGood
from feiqian.outbox.lanes import Lanes, Room
from feiqian.outbox.model import Claimed, Ended, State, Topic
from feiqian.outbox.noting import Notes
from feiqian.runtime import logs
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.work import Work

SEND_SECONDS = 60.0  # less than a lease
STOP_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 1.0
USED_UP = "tried as often as it may be"

_log = logs.get("feiqian.outbox")


@dataclass(slots=True)
class Counts:
    """Since the start of the process. `ends`: when the newest ended, and whether as sent."""

    sent: int = 0
    retried: int = 0
    dead: int = 0
    expired: int = 0
    ends: deque[tuple[int, bool]] = field(default_factory=lambda: deque(maxlen=1_000))

    def lately(self, now: int) -> tuple[int, int]:
        """How many were sent, and how many died, in the last hour (of the newest thousand)."""
        ends = [sent for at, sent in self.ends if at > now - HOUR]
        return sum(ends), len(ends) - sum(ends)


@dataclass(slots=True)
class Worker:
    """Delivers what is queued for one topic. `chance` is the jitter, from 0 to 1."""

    topic: Topic
    db: BankDb
    cipher: FieldCipher
    clock: Clock
    work: Work
    chance: Callable[[], float]  # not money: from 0 to 1
    counts: Counts = field(default_factory=Counts)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _under_way: dict[asyncio.Task[None], Claimed] = field(default_factory=dict)
    _claiming: asyncio.Lock = field(default_factory=asyncio.Lock)  # until what was claimed is under way
    _lanes: Lanes = field(init=False)
    _notes: Notes = field(init=False)

    def __post_init__(self) -> None:
        self._notes = Notes(Transactions(self.db, self.work))
        self._lanes = Lanes(self.topic.at_once, self.topic.lane_places)

    async def run(self) -> None:
        """Delivers until cancelled, then closes the sender. Trouble with the database is waited out."""
        try:
            while True:
                async with self._claiming:
                    for claimed in await self._claim_calmly(self._under_way.values()):
                        self._under_way[asyncio.create_task(self._deliver(claimed))] = claimed
                await self._pause(set(self._under_way))
                self._under_way = {task: one for task, one in self._under_way.items() if not task.done()}
        finally:
            await _finish(set(self._under_way))
            await self.topic.sender.close()

    async def deliver_due(self) -> int:
        """Delivers what is due now and waits for it; returns how many were tried."""
        claimed = await self.work.db(self._claim, self.topic.at_once, self.topic.at_once, self._lanes.room(()))
        await asyncio.gather(*(self._deliver(one) for one in claimed))
        return len(claimed)

    async def quiet(self) -> None:
        """Returns once nothing is due and nothing under way."""
        while True:
            async with self._claiming:  # nothing is claimed meanwhile that is not under way yet
                under_way = {task for task in self._under_way if not task.done()}
                if not under_way and not await self.deliver_due():
                    return
            if under_way:
                await asyncio.wait(under_way)

    def wake(self) -> None:
        """Something was queued. From any place in the event loop."""
        self._wake.set()

    async def _pause(self, under_way: set[asyncio.Task[None]]) -> None:
        """Until something is queued or sent, or for a while: another process may have queued something."""
        woken = asyncio.create_task(self._wake.wait())
        try:
            waits = {woken, *under_way}
            await asyncio.wait(waits, timeout=LONGEST_PAUSE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            self._wake.clear()

    async def _claim_calmly(self, under_way: Collection[Claimed]) -> list[Claimed]:
        places = self.topic.at_once - len(under_way)
        retries = max(1, self.topic.at_once // 2) - sum(claimed.attempts > 1 for claimed in under_way)
        if places <= 0:
            return []
        try:
            room = self._lanes.room(claimed.lane for claimed in under_way)
            return await self.work.db(self._claim, places, retries, room)
        except Exception as error:
            _log.warning("deliveries_not_claimed", topic=self.topic.name, why=type(error).__name__)
            return []

    def _claim(self, places: int, retries: int, room: Room) -> list[Claimed]:
        now, topic, lanes = self.clock.now(), self.topic.name, self.topic.lane_places > 0
        with self.db.read() as connection:
            if not store.any_due(connection, topic, now, lanes=lanes):
                return []
        with self.db.write() as connection:
            self.counts.expired += store.expire(connection, topic, now)
            if lanes:
                keep = self.topic.keep_done
                return store.claim_in_lanes(connection, self.cipher, topic, room, now, keep_done=keep)
            return store.claim(connection, self.cipher, topic, places, now, retries=retries)

    async def _deliver(self, claimed: Claimed) -> None:
        seconds = asyncio.get_running_loop().time
        begun = seconds()
        error, told = await self._send(claimed)
        self._lanes.ended(claimed.lane, seconds() - begun, sent=error is None)
        if error is None:
            await self._sent(claimed, told)
        elif isinstance(error, RefusedForGood):
            await self._died(claimed, error)
        else:
            await self._failed(claimed, error)

    async def _send(self, claimed: Claimed) -> tuple[NotSent | None, object]:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return None, await self.topic.sender.send(claimed)
        except NotSent as error:
            return error, error.told
        except Exception as error:  # its text may hold what is sent: only its name is told
            return NotSent(type(error).__name__), None

    async def _sent(self, claimed: Claimed, told: object) -> None:
        now, keep = self.clock.now(), self.topic.keep_done
        self.counts.sent += 1
        self.counts.ends.append((now, True))
        _log.info("delivery_sent", **_about(claimed))
        ended = Ended(State.SENT, None, told, now)
        await self._note(claimed, ended, lambda connection: store.sent(connection, claimed, now, keep))

    async def _died(self, claimed: Claimed, error: NotSent) -> None:
        now, keep = self.clock.now(), self.topic.keep_dead
        self.counts.dead += 1
        self.counts.ends.append((now, False))
        _log.warning("delivery_dead", why=error.why, **_about(claimed))
        ended = Ended(State.DEAD, error, error.told, now)
        await self._note(claimed, ended, lambda connection: store.dead(connection, claimed, error.why, keep, now))

    async def _failed(self, claimed: Claimed, error: NotSent) -> None:
        wait = self.topic.schedule.wait(claimed.attempts, self.chance(), error.after_seconds)
        if wait is None:
            await self._died(claimed, NotSent(f"{USED_UP}: {error.why}", told=error.told))
            return
        now, keep = self.clock.now(), self.topic.keep_done
        if now + wait >= claimed.expires_at:
            self.counts.expired += 1
            _log.warning("delivery_given_up", why=error.why, **_about(claimed))
            ended = Ended(State.EXPIRED, error, error.told, now)
            note = partial(store.expired, claimed=claimed, why=error.why, now=now, keep=keep)
        else:
            self.counts.retried += 1
            _log.warning("delivery_not_sent_yet", why=error.why, **_about(claimed))
            ended = Ended(State.QUEUED, error, error.told, now, now + wait)
            note = partial(store.again, claimed=claimed, at=now + wait, why=error.why)
        await self._note(claimed, ended, note)

    async def _note(self, claimed: Claimed, ended: Ended, change: Callable[[Connection], None]) -> None:
        def note(connection: Connection) -> None:
            change(connection)
            if self.topic.noted is not None:
                self.topic.noted(connection, claimed, ended)

        try:
            await self._notes.write(note)
        except Exception as error:  # the lease ends, and it is sent again
            _log.error("delivery_not_noted", topic=self.topic.name, why=type(error).__name__)


async def _finish(under_way: set[asyncio.Task[None]]) -> None:
    """A moment for what is nearly sent, so that it is noted and not sent again; the rest is cut off."""
    if under_way:
        await asyncio.wait(under_way, timeout=STOP_SECONDS)
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)


def _about(claimed: Claimed) -> dict[str, object]:
    """What logs tell of a delivery: never an address, a value or a text."""
    about: dict[str, object] = {"delivery": claimed.id, "topic": claimed.topic, "kind": claimed.kind}
    return about | {"about": claimed.about.partition(":")[0], "attempt": claimed.attempts}
