"""The outbox of a bank: takes deliveries in the transaction of what they tell, and sends them until it is cancelled."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from sqlalchemy import Connection

from feiqian.clock import MICROSECONDS, MINUTE, Clock
from feiqian.db import BankDb, after_commit
from feiqian.field_cipher import FieldCipher
from feiqian.outbox import store
from feiqian.outbox.delivery import Counts, Worker
from feiqian.outbox.model import Delivery, Topic, Waiting
from feiqian.runtime import logs
from feiqian.runtime.alarms import Alarm
from feiqian.runtime.metrics import Metrics
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.work import Work

LOOK_SECONDS = 60.0
STALLED = 10 * MINUTE  # for so long nothing got through, though something was queued
DEAD_AT_LEAST, DEAD_SHARE = 10, 10  # an alarm if so many died within an hour, and one in so many of what ended

_log = logs.get("feiqian.outbox")


class Outbox:
    """One for a bank. `waiting` is as of the last look. `add` blocks, in the caller's transaction."""

    def __init__(
        self,
        db: BankDb,
        cipher: FieldCipher,
        clock: Clock,
        work: Work,
        chance: Callable[[], float] = random.random,  # not money: from 0 to 1
    ) -> None:
        self._db, self._cipher, self._clock, self._work, self._chance = db, cipher, clock, work, chance
        self._transactions = Transactions(db, work)
        self._workers: dict[str, Worker] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._began = clock.now()
        self.waiting: dict[str, Waiting] = {}
        self.stalled, self.dying = Alarm("outbox_stalled"), Alarm("outbox_dead_letters")

    def declare(self, *topics: Topic) -> None:
        """Takes in what a feature sends, before `run`. Each name is declared once."""
        for topic in topics:
            if topic.name in self._workers:
                raise ValueError(f"the topic {topic.name} is declared already")
            self._workers[topic.name] = Worker(topic, self._db, self._cipher, self._clock, self._work, self._chance)

    def add(self, connection: Connection, delivery: Delivery, now: int) -> bool:
        """Queues it; it is sent once the transaction is committed. Whether it was not there already (`once`)."""
        added = store.add(connection, self._cipher, delivery, now)
        if added:
            after_commit(connection, lambda: self._wake(delivery.topic))
        return added

    def counts(self, topic: str) -> Counts:
        """What became of a topic's deliveries since the start."""
        return self._workers[topic].counts

    async def run(self) -> None:
        """Delivers until cancelled."""
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as group:
                for worker in self._workers.values():
                    group.create_task(worker.run())
                group.create_task(self._keep_looking())
        finally:
            self._loop = None

    async def deliver_due(self) -> int:
        """Delivers what is due now, once, and waits for it. Returns how many deliveries were tried."""
        return sum(await asyncio.gather(*(worker.deliver_due() for worker in self._workers.values())))

    async def quiet(self) -> None:
        """Returns once nothing is due and nothing under way. For a clock that is moved on by hand."""
        await asyncio.gather(*(worker.quiet() for worker in self._workers.values()))

    async def next_at(self) -> int | None:
        """When the first of what waits is due, in Unix microseconds; None while nothing waits."""
        return await self._transactions.read(store.next_at)

    async def look(self) -> None:
        """Looks once: counts what waits, drops what is old, sets the alarms."""
        self.waiting = await self._transactions.read(store.waiting)
        await self._transactions.write(store.clean_up, self._clock.now())
        stalled, dying = self._stalled(), self._dying()
        self.stalled.set(bool(stalled), topics=stalled)
        self.dying.set(bool(dying), topics=dying)

    def measure(self, metrics: Metrics) -> None:
        """What /metrics shows, by topic."""
        counts = {name: worker.counts for name, worker in self._workers.items()}
        for name, help in (
            ("sent", "Deliveries that were taken by their receivers"),
            ("retried", "Attempts that failed and are repeated"),
            ("dead", "Deliveries refused for good, or tried as often as may be"),
            ("expired", "Deliveries given up at their expiry"),
        ):
            metrics.labelled_counter(f"feiqian_outbox_{name}", help, "topic", _numbers(counts, name))
        queued, oldest = "Deliveries that wait", "For how long the oldest of them has waited, in seconds"
        metrics.labelled_gauge("feiqian_outbox_queued", queued, "topic", self._queued)
        metrics.labelled_gauge("feiqian_outbox_oldest_seconds", oldest, "topic", self._oldest_seconds)
        self.stalled.measure(metrics, "nothing gets through to the receivers of a topic")
        self.dying.measure(metrics, "many deliveries of a topic are refused for good or given up")

    async def _keep_looking(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:
                _log.warning("outbox_not_watched", why=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    def _stalled(self) -> list[str]:
        """Topics of which something has waited for long, and nothing was sent in that time. Not those with lanes: a
        lane that stands still is its receiver's affair, and whoever sends by them looks at all of them."""
        since = self._clock.now() - STALLED
        waiting = [topic for topic, waiting in self.waiting.items() if max(waiting.since, self._began) < since]
        return sorted(topic for topic in waiting if not self._has_lanes(topic) and not self._sent_since(topic, since))

    def _has_lanes(self, topic: str) -> bool:
        worker = self._workers.get(topic)
        return worker is not None and worker.topic.lane_places > 0

    def _sent_since(self, topic: str, since: int) -> bool:
        worker = self._workers.get(topic)
        return worker is not None and any(sent and at >= since for at, sent in worker.counts.ends)

    def _dying(self) -> list[str]:
        now, found = self._clock.now(), []
        for topic, worker in self._workers.items():
            if self._has_lanes(topic):
                continue
            sent, dead = worker.counts.lately(now)
            if dead >= DEAD_AT_LEAST and dead * DEAD_SHARE >= sent + dead:
                found.append(topic)
        return sorted(found)

    def _queued(self) -> dict[str, int]:
        return {topic: self.waiting[topic].queued if topic in self.waiting else 0 for topic in self._workers}

    def _oldest_seconds(self) -> dict[str, float]:  # not money: times
        now = self._clock.now()
        since = {topic: self.waiting[topic].since if topic in self.waiting else now for topic in self._workers}
        return {topic: max(0, now - at) / MICROSECONDS for topic, at in since.items()}

    def _wake(self, topic: str) -> None:
        """From any thread."""
        loop, worker = self._loop, self._workers.get(topic)
        if loop is not None and worker is not None and not loop.is_closed():
            loop.call_soon_threadsafe(worker.wake)


def _numbers(counts: dict[str, Counts], name: str) -> Callable[[], dict[str, int]]:
    return lambda: {topic: getattr(of, name) for topic, of in counts.items()}
