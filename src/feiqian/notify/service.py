"""Notify: queues messages to people in the transaction of what they tell of, and delivers them until it is cancelled.

At least once: a crash may send a message twice and never loses one. Codes are capped; prompts that somebody else can
cause are thinned out.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy import Connection

from feiqian.clock import MICROSECONDS, Clock
from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.notify import outbox
from feiqian.notify.delivery import ChannelWorker, Counts, Gone
from feiqian.notify.errors import ChannelMissing, SendingCapped
from feiqian.notify.inbox import Inbox
from feiqian.notify.model import Adapter, Channel, Contacts, Delivered, Message
from feiqian.notify.push import Push
from feiqian.notify.rate_limits import RateLimits
from feiqian.notify.render import words_of
from feiqian.notify.smpp import DELIVERED, Smpp
from feiqian.notify.watch import Watch
from feiqian.policy.model import Policy
from feiqian.runtime import logs
from feiqian.runtime.locks import lock
from feiqian.runtime.metrics import Metrics
from feiqian.runtime.work import Work
from feiqian.subjects import Subject

NOTICE_SECONDS = 24 * 3600  # for so long a notice is worth sending
PROMPTS = frozenset({"payment_waiting", "document_known"})  # what others can cause as often as they like (push bombing)
PROMPTS_AT_MOST, PROMPTS_SECONDS = 5, 600

_log = logs.get("feiqian.notify")


class Notify:
    """One for a bank. `adapters` by channel: what has none is not sent. `gone` hears of addresses that are no more,
    `customers` says how many the bank has."""

    def __init__(
        self,
        db: BankDb,
        cipher: FieldCipher,
        policy: Policy,
        clock: Clock,
        work: Work,
        adapters: Mapping[Channel, Adapter],
        *,
        gone: Gone | None = None,
        chance: Callable[[], float] = random.random,
        customers: Callable[[], int] = lambda: 0,
    ) -> None:
        self._cipher, self._clock, self._adapters = cipher, clock, dict(adapters)
        self._code_seconds = policy.challenge_seconds
        self._rate_limits = RateLimits(policy.sending, policy.challenge_seconds, cipher, customers)
        self.counts = Counts()
        self._watch = Watch(db, self._rate_limits, clock, work)
        self._workers = {
            channel: ChannelWorker(channel, adapter, db, cipher, clock, work, self.counts, chance, gone)
            for channel, adapter in self._adapters.items()
        }
        self._loop: asyncio.AbstractEventLoop | None = None

    def queue(self, connection: Connection, message: Message, now: int) -> str:
        """Queues a message in the caller's transaction and returns its id.

        Raises SendingCapped for a secret one beyond the caps, ChannelMissing, and KeyError if there are no texts for it
        or a value is missing.
        """
        if message.channel not in self._adapters:
            raise ChannelMissing(f"this bank sends nothing by {message.channel}")
        words_of(message)
        if message.secret:
            self._count(connection, message, now)
        if not message.expires_at:
            seconds = self._code_seconds if message.secret else NOTICE_SECONDS
            message = replace(message, expires_at=now + seconds * MICROSECONDS)
        id = outbox.add(connection, self._cipher, message, now)
        self._wake(message.channel)
        return id

    def tell(
        self, connection: Connection, contacts: Contacts, kind: str, values: Mapping[str, str], now: int
    ) -> list[str]:
        """Queues a notice on every channel that somebody has; returns the ids. Too many prompts are left out."""
        to = contacts.subject
        addresses = [(channel, address) for channel, address in _addresses(contacts) if channel in self._adapters]
        full = {c for c in {c for c, _ in addresses} if self._too_many(connection, to, c, kind, now)}
        messages = [
            Message(to, channel, address, kind, contacts.language, values)
            for channel, address in addresses
            if channel not in full
        ]
        return [self.queue(connection, message, now) for message in messages]

    def code_entered(self, connection: Connection, address: str, now: int) -> None:
        """A code that was sent to this address was entered, rightly: what the alarm goes by."""
        self._rate_limits.entered(connection, address, now)

    async def run(self) -> None:
        """Delivers until cancelled."""
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as group:
                for worker in self._workers.values():
                    group.create_task(worker.run())
                group.create_task(self._watch.run())
        finally:
            self._loop = None
            for adapter in {id(one): one for one in self._adapters.values()}.values():
                await adapter.close()

    async def deliver_due(self) -> int:
        """Delivers what is due now, once, and waits for it. Returns how many messages were tried."""
        return sum(await asyncio.gather(*(worker.deliver_due() for worker in self._workers.values())))

    async def inbox(self, limit: int, subject: Subject | None = None) -> list[Delivered]:
        """The newest messages (of somebody), the newest first; empty where they are really sent."""
        for adapter in self._adapters.values():
            if isinstance(adapter, Inbox):
                return await adapter.read(limit, subject)
        return []

    @property
    def push_key(self) -> str:
        """The public key that browsers subscribe with (RFC 8292, applicationServerKey); "" where nothing is pushed."""
        push = self._adapters.get(Channel.PUSH)
        return push.public_key if isinstance(push, Push) else ""

    def measure(self, metrics: Metrics) -> None:
        """What /metrics shows of messages."""
        counts, watch = self.counts, self._watch
        metrics.counter("feiqian_messages_sent", "Messages that were taken for delivery", lambda: counts.sent)
        metrics.counter("feiqian_messages_retried", "Attempts that failed and are repeated", lambda: counts.retried)
        metrics.counter("feiqian_messages_failed", "Messages refused for good", lambda: counts.failed)
        metrics.counter("feiqian_messages_expired", "Messages given up at their expiry", lambda: counts.expired)
        metrics.counter("feiqian_codes_capped", "Codes not sent because of a cap", lambda: counts.capped)
        metrics.gauge("feiqian_messages_waiting", "Messages in the outbox", lambda: watch.waiting)
        help = "Countries and prefixes where few of the codes that are sent are entered"
        metrics.gauge("feiqian_code_alarms", help, lambda: len(watch.alarms))
        metrics.gauge("feiqian_code_caps_near", "Caps on codes that are nearly used up", lambda: len(watch.near))
        metrics.gauge("feiqian_code_caps_full", "Caps on codes that are used up", lambda: len(watch.full))

        if isinstance(sms := self._adapters.get(Channel.SMS), Smpp):
            receipts = sms.receipts
            metrics.counter("feiqian_sms_receipts", "Receipts of text messages", lambda: receipts.total())
            metrics.counter("feiqian_sms_delivered", "Receipts that say delivered", lambda: receipts[DELIVERED])

    def _count(self, connection: Connection, message: Message, now: int) -> None:
        try:
            used = self._rate_limits.count(
                connection, message.address, now, audience=message.audience, entered="code" in message.values
            )
            self._watch.counted(used)
        except SendingCapped as error:
            self.counts.capped += 1
            told = {"channel": message.channel.value, "kind": message.kind, "audience": message.audience.value}
            _log.warning("sending_capped", which=error.which, **told)
            raise

    def _too_many(self, connection: Connection, to: Subject, channel: Channel, kind: str, now: int) -> bool:
        if kind not in PROMPTS:
            return False
        lock(connection, f"prompts to {to}")
        since = now - PROMPTS_SECONDS * MICROSECONDS
        if outbox.lately(connection, to, channel, kind, since) < PROMPTS_AT_MOST:
            return False
        _log.warning("prompt_left_out", to=str(to), channel=channel.value, kind=kind)
        return True

    def _wake(self, channel: Channel) -> None:
        # From any thread, within the transaction: the worker looks again and again for a moment.
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._workers[channel].wake)


def _addresses(contacts: Contacts) -> list[tuple[Channel, str]]:
    found = [(Channel.SMS, contacts.mobile), (Channel.EMAIL, contacts.email)]
    found += [(Channel.PUSH, address) for address in contacts.push]
    return [(channel, address) for channel, address in found if address]
