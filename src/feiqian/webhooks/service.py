"""Webhooks of a bank: built once, what it is made of, and what runs beside the server."""

from __future__ import annotations

import asyncio
from functools import partial

from feiqian.audit_log.log import AuditLog
from feiqian.clock import Clock
from feiqian.field_cipher import FieldCipher
from feiqian.merchants.registry import Merchants
from feiqian.notify.service import Notify
from feiqian.outbox.model import Schedule, Topic
from feiqian.outbox.service import Outbox
from feiqian.runtime import logs
from feiqian.runtime.alarms import Alarm
from feiqian.runtime.metrics import Metrics
from feiqian.runtime.transactions import Transactions
from feiqian.webhooks.endpoints import KEEP, Endpoints
from feiqian.webhooks.health import Health, Seen
from feiqian.webhooks.kept_answers import KeptAnswers
from feiqian.webhooks.listening import Listening
from feiqian.webhooks.log import Log
from feiqian.webhooks.model import TOPIC
from feiqian.webhooks.requests import Requests
from feiqian.webhooks.sender import AT_ONCE, WebhookSender
from feiqian.webhooks.telling import Telling

_H = 3_600
JITTER = 0.2  # not money: of each time, by chance
SCHEDULE = Schedule((5, 300, 1_800, 2 * _H, 5 * _H, 10 * _H, 14 * _H, 20 * _H, 24 * _H), jitter=JITTER)
OF_ONE_ENDPOINT = 4
LOOK_SECONDS = 30.0  # not money: a time
_log = logs.get("feiqian.webhooks")


class Webhooks:
    """One for a bank: `endpoints`, `listening`, `telling`, `health`, `log`, `requests`. Declares its topic in the
    outbox."""

    def __init__(
        self,
        transactions: Transactions,
        clock: Clock,
        cipher: FieldCipher,
        audit_log: AuditLog,
        outbox: Outbox,
        notify: Notify,
        merchants: Merchants,
        *,
        loopback: bool = False,
    ) -> None:
        self.endpoints = Endpoints(
            transactions=transactions, clock=clock, cipher=cipher, audit_log=audit_log, loopback=loopback
        )
        self.listening = Listening(transactions=transactions, clock=clock, audit_log=audit_log)
        self.telling = Telling(cipher=cipher, outbox=outbox, endpoints=self.endpoints, listening=self.listening)
        self.health = Health(
            transactions=transactions,
            clock=clock,
            cipher=cipher,
            merchants=merchants,
            notify=notify,
            endpoints=self.endpoints,
            telling=self.telling,
        )
        self.log = Log(
            transactions=transactions, clock=clock, cipher=cipher, endpoints=self.endpoints, telling=self.telling
        )
        self.kept_answers = KeptAnswers(transactions=transactions, clock=clock, cipher=cipher, audit_log=audit_log)
        self.requests = Requests(endpoints=self.endpoints, health=self.health, log=self.log, kept=self.kept_answers)
        self.sender = WebhookSender(transactions=transactions, clock=clock, endpoints=self.endpoints, loopback=loopback)
        self.seen = Seen()
        self.many_fail = Alarm("webhooks_failing")
        outbox.declare(
            Topic(
                name=TOPIC,
                sender=self.sender,
                schedule=SCHEDULE,
                at_once=AT_ONCE,
                keep_dead=KEEP,
                keep_done=KEEP,
                lane_places=OF_ONE_ENDPOINT,
                noted=self.health.noted,
            )
        )

    def measure(self, metrics: Metrics) -> None:
        """What /metrics shows beside the outbox's."""
        results = "Requests to merchants' endpoints, by how they ended"
        metrics.labelled_counter("feiqian_webhook_requests", results, "result", lambda: self.sender.results)
        for name, help in (
            ("enabled", "Endpoints that were sent to lately"),
            ("failing", "Endpoints at which nothing has arrived for ten minutes"),
            ("unchecked", "Endpoints that take false signatures"),
        ):
            metrics.gauge(f"feiqian_webhook_endpoints_{name}", help, partial(self._count, name))
        self.many_fail.measure(metrics, "half of the merchants' endpoints fail: it may be the way out of this bank")

    def _count(self, name: str) -> int:
        return int(getattr(self.seen, name))

    async def run(self) -> None:
        """Probes and looks until cancelled. Trouble with the database is waited out."""
        while True:
            try:
                await self.look()
            except Exception as error:
                _log.warning("webhooks_not_looked_at", why=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Looks once: sends the probes that are due, counts what fails, drops what is old."""
        await self.health.probe_due()
        await self.listening.look()
        await self.kept_answers.look()
        self.seen = await self.health.look()
        self.many_fail.set(self.seen.many_fail, failing=self.seen.failing, enabled=self.seen.enabled)
