"""Delivery: one worker a channel, each with sendings of its own under way, so that a slow channel holds up no other.

What is claimed is sent at least once: a crash between the other side's yes and our note of it sends it again when the
lease is over. Nothing is given up before it expires, unless the other side refuses it for good.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from feiqian.clock import MICROSECONDS, Clock
from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.notify import outbox
from feiqian.notify.errors import AddressGone, SendingFailed, SendingRefused
from feiqian.notify.model import Adapter, Channel, Message, Outgoing
from feiqian.notify.outbox import Claimed
from feiqian.notify.render import page_of, words_of
from feiqian.runtime import logs
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.work import Work

AT_ONCE = 8
SEND_SECONDS = 60.0  # less than a lease
STOP_SECONDS = 2.0
FIRST_SECONDS, LONGEST_SECONDS = 2, 300  # between attempts
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.02, 1.0

Gone = Callable[[Connection, Message], None]
_log = logs.get("feiqian.notify")


@dataclass(slots=True)
class Counts:
    """Since the start of the process."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    expired: int = 0
    capped: int = 0


@dataclass(slots=True)
class ChannelWorker:
    """Delivers what is queued for one channel. `chance` is the jitter, from 0 to 1; `gone` hears of dead addresses."""

    channel: Channel
    adapter: Adapter
    db: BankDb
    cipher: FieldCipher
    clock: Clock
    work: Work
    counts: Counts
    chance: Callable[[], float] = random.random
    gone: Gone | None = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Delivers until cancelled. Trouble with the database is waited out."""
        under_way: set[asyncio.Task[None]] = set()
        pause_seconds = LONGEST_PAUSE_SECONDS
        try:
            while True:
                claimed = await self._claim_calmly(AT_ONCE - len(under_way))
                under_way |= {asyncio.create_task(self._deliver(one)) for one in claimed}
                # What was queued is seen only after its transaction: look soon again, then ever more rarely.
                woken = await self._pause(under_way, pause_seconds)
                pause_seconds = SHORTEST_PAUSE_SECONDS if woken or claimed else 2 * pause_seconds
                pause_seconds = min(pause_seconds, LONGEST_PAUSE_SECONDS)
                under_way = {task for task in under_way if not task.done()}
        finally:
            await _finish(under_way)

    async def deliver_due(self) -> int:
        """Delivers what is due now and waits for it; returns how many messages were tried."""
        claimed = await self.work.db(self._claim, AT_ONCE)
        await asyncio.gather(*(self._deliver(one) for one in claimed))
        return len(claimed)

    def wake(self) -> None:
        """Something may have been queued. From any place in the event loop."""
        self._wake.set()

    async def _pause(self, under_way: set[asyncio.Task[None]], seconds: float) -> bool:
        """Until something is queued or sent, or for so long. Returns whether something was queued."""
        woken = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait({woken, *under_way}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            return woken.done()
        finally:
            woken.cancel()
            self._wake.clear()

    async def _claim_calmly(self, limit: int) -> list[Claimed]:
        if limit <= 0:
            return []
        try:
            return await self.work.db(self._claim, limit)
        except Exception as error:
            _log.warning("messages_not_claimed", channel=self.channel.value, why=type(error).__name__)
            return []

    def _claim(self, limit: int) -> list[Claimed]:
        now = self.clock.now()
        with self.db.read() as connection:
            if not outbox.any_due(connection, self.channel, now):
                return []
        with self.db.write() as connection:
            self.counts.expired += outbox.expire(connection, self.channel, now)
            return outbox.claim(connection, self.cipher, self.channel, limit, now)

    async def _deliver(self, claimed: Claimed) -> None:
        try:
            await asyncio.wait_for(self.adapter.send(self._outgoing(claimed)), SEND_SECONDS)
        except SendingRefused as error:
            await self._refused(claimed, error)
        except SendingFailed as error:
            await self._failed(claimed, error.why, error.after_seconds)
        except Exception as error:  # its text may hold the message: only its name is told
            await self._failed(claimed, type(error).__name__, 0)
        else:
            self.counts.sent += 1
            _log.info("message_sent", **_about(claimed))
            await self._done(claimed, "sent", "")

    async def _refused(self, claimed: Claimed, error: SendingRefused) -> None:
        self.counts.failed += 1
        _log.warning("message_refused", why=error.why, **_about(claimed))
        await self._done(claimed, "failed", error.why)
        if isinstance(error, AddressGone) and self.gone is not None:
            gone = self.gone
            await self._write(lambda connection: gone(connection, claimed.message))

    async def _failed(self, claimed: Claimed, why: str, after_seconds: int) -> None:
        at = self.clock.now() + self._back_off(claimed.attempts, after_seconds)
        if at >= claimed.message.expires_at:
            self.counts.expired += 1
            _log.warning("message_given_up", why=why, **_about(claimed))
            await self._done(claimed, "expired", why)
        else:
            self.counts.retried += 1
            _log.warning("message_not_sent_yet", why=why, **_about(claimed))
            await self._write(lambda connection: outbox.again(connection, claimed.id, at, why))

    def _back_off(self, attempts: int, after_seconds: int) -> int:
        """Microseconds: doubled at each attempt, up to half of it taken off by chance; at least what is asked for."""
        seconds: int = min(FIRST_SECONDS << min(attempts - 1, 10), LONGEST_SECONDS)
        jittered = seconds * (1 + self.chance()) / 2
        return round(max(jittered, min(after_seconds, LONGEST_SECONDS)) * MICROSECONDS)

    def _outgoing(self, claimed: Claimed) -> Outgoing:
        message, words = claimed.message, words_of(claimed.message)
        left = max(0, message.expires_at - self.clock.now()) // MICROSECONDS
        about = (claimed.id, message.to, message.channel, message.address, message.kind, message.language)
        return Outgoing(*about, words.subject, words.text, left, page_of(message))

    async def _done(self, claimed: Claimed, state: str, why: str) -> None:
        await self._write(lambda connection: outbox.done(connection, claimed.id, state, why, self.clock.now()))

    async def _write(self, change: Callable[[Connection], None]) -> None:
        try:
            await Transactions(self.db, self.work).write(change)
        except Exception as error:  # the lease ends, and the message is sent again
            _log.error("delivery_not_noted", channel=self.channel.value, why=type(error).__name__)


async def _finish(under_way: set[asyncio.Task[None]]) -> None:
    """A moment for what is nearly sent, so that it is noted and not sent again; the rest is cut off."""
    if under_way:
        await asyncio.wait(under_way, timeout=STOP_SECONDS)
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)


def _about(claimed: Claimed) -> dict[str, object]:
    """What logs tell of a message: never an address, a value or a text."""
    message = claimed.message
    about: dict[str, object] = {"message": claimed.id, "channel": message.channel.value, "kind": message.kind}
    return about | {"to": message.to.role.value, "attempt": claimed.attempts}
