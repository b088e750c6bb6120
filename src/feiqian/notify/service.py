"""Notify: queues messages to people in the transaction of what they tell of. The outbox delivers them.

Codes are capped; prompts that somebody else can cause are thinned out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy import Connection

from feiqian.clock import MICROSECONDS, Clock
from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.ids import MESSAGE, new_id
from feiqian.notify.errors import ChannelMissing, SendingCapped
from feiqian.notify.inbox import Inbox
from feiqian.notify.model import Adapter, Channel, Contacts, Delivered, Message
from feiqian.notify.push import Push
from feiqian.notify.rate_limits import RateLimits
from feiqian.notify.render import words_of
from feiqian.notify.sender import Gone, delivery_of, topic_of
from feiqian.notify.smpp import DELIVERED, Smpp
from feiqian.notify.watch import Watch
from feiqian.outbox.service import Outbox
from feiqian.outbox.store import times
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
        outbox: Outbox,
        db: BankDb,
        cipher: FieldCipher,
        policy: Policy,
        clock: Clock,
        work: Work,
        adapters: Mapping[Channel, Adapter],
        *,
        gone: Gone | None = None,
        customers: Callable[[], int] = lambda: 0,
    ) -> None:
        self._outbox, self._cipher, self._adapters = outbox, cipher, dict(adapters)
        self._code_seconds = policy.challenge_seconds
        self._rate_limits = RateLimits(policy.sending, policy.challenge_seconds, cipher, customers)
        self.capped = 0  # codes that were not sent because of a cap, since the start
        self._watch = Watch(db, self._rate_limits, clock, work)
        outbox.declare(*(topic_of(channel, adapter, clock, gone) for channel, adapter in self._adapters.items()))

    def queue(self, connection: Connection, message: Message, now: int, *, once: str = "", not_before: int = 0) -> str:
        """Queues a message in the caller's transaction and returns its id; "" if one `once` derived from the same is
        there already.

        Messages to one address arrive in order, but for codes and prompts: those hold for minutes, and one that is
        tried again must not hold up the next; nor may one that is sent later, `not_before` a moment. Raises
        SendingCapped for a secret one beyond the caps, ChannelMissing, and KeyError if there are no texts for it or a
        value is missing.
        """
        if message.channel not in self._adapters:
            raise ChannelMissing(f"this bank sends nothing by {message.channel}")
        words_of(message)
        if message.secret:
            self._count(connection, message, now)
        if not message.expires_at:
            seconds = self._code_seconds if message.secret else NOTICE_SECONDS
            message = replace(message, expires_at=max(now, not_before) + seconds * MICROSECONDS)
        in_order = not message.secret and message.kind not in PROMPTS and not_before <= now
        delivery = delivery_of(self._cipher, message, new_id(MESSAGE, now), in_order=in_order, once=once)
        delivery = replace(delivery, not_before=not_before)
        return delivery.id if self._outbox.add(connection, delivery, now) else ""

    def tell(
        self,
        connection: Connection,
        contacts: Contacts,
        kind: str,
        values: Mapping[str, str],
        now: int,
        *,
        expires_at: int = 0,
        once: str = "",
        not_before: int = 0,
    ) -> list[str]:
        """Queues a notice on every channel that somebody has; returns the ids. Too many prompts are left out.

        `expires_at` as of a Message; `once` names what it is derived from, so that it is queued once; `not_before` as
        of `queue`.
        """
        to = contacts.subject
        addresses = [(channel, address) for channel, address in _addresses(contacts) if channel in self._adapters]
        full = {c for c in {c for c, _ in addresses} if self._too_many(connection, to, c, kind, now)}
        messages = [
            Message(to, channel, address, kind, contacts.language, values, expires_at=expires_at)
            for channel, address in addresses
            if channel not in full
        ]
        queued = [self.queue(connection, message, now, once=once, not_before=not_before) for message in messages]
        return [id for id in queued if id]

    def at_hand(self, contacts: Contacts) -> Contacts:
        """Where somebody reads within minutes what waits for an answer: by push, or by SMS who has allowed no push."""
        by_push = bool(contacts.push) and Channel.PUSH in self._adapters
        return replace(contacts, email="", mobile="" if by_push else contacts.mobile)

    def code_entered(self, connection: Connection, address: str, now: int) -> None:
        """A code that was sent to this address was entered, rightly: what the alarm goes by."""
        self._rate_limits.entered(connection, address, now)

    async def run(self) -> None:
        """Watches the caps on codes until cancelled."""
        await self._watch.run()

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
        watch = self._watch
        metrics.counter("feiqian_codes_capped", "Codes not sent because of a cap", lambda: self.capped)
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
            self.capped += 1
            told = {"channel": message.channel.value, "kind": message.kind, "audience": message.audience.value}
            _log.warning("sending_capped", which=error.which, **told)
            raise

    def _too_many(self, connection: Connection, to: Subject, channel: Channel, kind: str, now: int) -> bool:
        if kind not in PROMPTS:
            return False
        lock(connection, f"prompts to {to}")
        since = now - PROMPTS_SECONDS * MICROSECONDS
        if times(connection, channel.value, kind, str(to), since) < PROMPTS_AT_MOST:
            return False
        _log.warning("prompt_left_out", to=str(to), channel=channel.value, kind=kind)
        return True


def _addresses(contacts: Contacts) -> list[tuple[Channel, str]]:
    found = [(Channel.SMS, contacts.mobile), (Channel.EMAIL, contacts.email)]
    found += [(Channel.PUSH, address) for address in contacts.push]
    return [(channel, address) for channel, address in found if address]
