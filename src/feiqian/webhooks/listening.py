"""Events for whoever asks: a merchant's are kept in the order in which they were told, for a listener to read.

A developer's machine has no address that a webhook reaches, so it asks. Who has asked lately has the events kept. A
listener holds its place itself, as the id of the last event that it read, and goes on there whenever it comes back.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from feiqian.audit_log.log import AuditLog
from feiqian.clock import DAY, Clock
from feiqian.db import after_commit
from feiqian.ids import MerchantNumber
from feiqian.payments.status_waiters import StatusWaiters
from feiqian.runtime.locks import lock
from feiqian.runtime.transactions import Transactions, reads, writes
from feiqian.subjects import merchant as subject_of
from feiqian.webhooks.tables import events, heard, listeners

KEEP = 7 * DAY  # an event for listeners; and so long after somebody listened last, events are kept
RENEWED = DAY  # that somebody listens is noted no more often
MOST_WAITS, MOST_WAITS_OF_MERCHANT = 256, 4  # requests that wait for an event
START = "start"  # the place before the oldest event that is kept
_h, _l = heard.c, listeners.c


class HeardEvent(NamedTuple):
    """An event as it was told: `at` is when it happened, `data` the object in JSON."""

    id: str
    type: str
    at: int
    data: bytes


class Heard(NamedTuple):
    """Some events, the oldest first, and the place after them. `missed`: the place that was asked for is no longer
    kept, and neither may be what came right after it."""

    events: list[HeardEvent]
    place: str
    missed: bool = False


@dataclass(kw_only=True, eq=False, repr=False)
class Listening:
    """Of all merchants of one bank."""

    transactions: Transactions
    clock: Clock
    audit_log: AuditLog
    merchants: frozenset[MerchantNumber] = field(default=frozenset(), init=False)  # of whom somebody has listened
    waiters: StatusWaiters = field(init=False)
    _told: Counter[MerchantNumber] = field(default_factory=Counter, init=False)
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.waiters = StatusWaiters(MOST_WAITS, MOST_WAITS_OF_MERCHANT)
        self.transactions.read_now(self._remember)

    # --- asking ------------------------------------------------------------------------------------------------------

    async def after(
        self,
        merchant: MerchantNumber,
        place: str | None,
        limit: int,
        seconds: float,  # not money: a time
    ) -> Heard:
        """What was told after this place, as soon as there is something, or after so many seconds; at once where too
        many wait. None: the place where the next event will be."""
        self._loop = asyncio.get_running_loop()
        await self._renew(merchant)
        if place is None:
            return await self._end(merchant)
        told = self._told[merchant]
        found = await self._page(merchant, place, limit)
        if not found.events and seconds:
            if told == self._told[merchant]:
                await self.waiters.ended(str(merchant), merchant, seconds)
            found = await self._page(merchant, place, limit)
        return found

    async def _renew(self, merchant: MerchantNumber) -> None:
        if merchant not in self.merchants or not await self._listens(merchant):
            await self._listen(merchant)

    @reads
    def _listens(self, connection: Connection, merchant: MerchantNumber) -> bool:
        until = connection.execute(select(_l.until).where(_l.merchant == merchant)).scalar()
        return until is not None and until > self.clock.now() + KEEP - RENEWED

    @writes
    def _listen(self, connection: Connection, merchant: MerchantNumber) -> None:
        lock(connection, f"webhooks of {merchant}")
        now, by = self.clock.now(), subject_of(merchant)
        renewed = update(listeners).where(_l.merchant == merchant).values(until=now + KEEP)
        if connection.execute(renewed).rowcount == 0:
            connection.execute(insert(listeners).values(merchant=merchant, until=now + KEEP))
            self.audit_log.append(connection, by, "webhook_listened", str(by), {}, now)
        after_commit(connection, self.remember)

    @reads
    def _end(self, connection: Connection, merchant: MerchantNumber) -> Heard:
        newest = select(_h.event).where(_h.merchant == merchant).order_by(_h.number.desc()).limit(1)
        return Heard([], connection.execute(newest).scalar() or START)

    @reads
    def _page(self, connection: Connection, merchant: MerchantNumber, place: str, limit: int) -> Heard:
        here = select(_h.number).where(_h.merchant == merchant, _h.event == place)
        number = 0 if place == START else connection.execute(here).scalar()
        columns = events.c.id, events.c.type, events.c.at, events.c.data
        found = select(*columns).join(heard, _h.event == events.c.id).where(_h.merchant == merchant)
        rows = connection.execute(found.where(_h.number > (number or 0)).order_by(_h.number).limit(limit)).all()
        told = [HeardEvent(row.id, row.type, row.at, bytes(row.data)) for row in rows]
        return Heard(told, told[-1].id if told else place, missed=number is None)

    # --- telling -----------------------------------------------------------------------------------------------------

    def tell(self, connection: Connection, merchant: MerchantNumber, event: str, now: int) -> None:
        """Keeps an event for listeners; those who wait are answered once it is committed."""
        lock(connection, "webhooks heard")  # a number that is committed later than a higher one would be passed over
        connection.execute(insert(heard).values(merchant=merchant, event=event, at=now))
        after_commit(connection, partial(self._wake, merchant))

    def _wake(self, merchant: MerchantNumber) -> None:
        """From any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._woken, merchant)

    def _woken(self, merchant: MerchantNumber) -> None:
        self._told[merchant] += 1
        self.waiters.tell(str(merchant))

    # --- looking -----------------------------------------------------------------------------------------------------

    @writes
    def look(self, connection: Connection) -> None:
        """Drops what was kept long enough, and who has not listened for so long."""
        now = self.clock.now()
        connection.execute(delete(heard).where(_h.at <= now - KEEP))
        if connection.execute(delete(listeners).where(_l.until <= now)).rowcount:
            after_commit(connection, self.remember)

    def remember(self) -> None:
        """Of whom somebody has listened, as the database says."""
        self.transactions.read_now(self._remember)

    def _remember(self, connection: Connection) -> None:
        self.merchants = frozenset(
            MerchantNumber(number) for number in connection.execute(select(_l.merchant)).scalars()
        )
