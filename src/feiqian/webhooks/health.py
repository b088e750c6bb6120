"""How endpoints fare: what each attempt said of one, whom that is told, and probes that show what a receiver checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from feiqian.clock import DAY, HOUR, MICROSECONDS, MINUTE, Clock
from feiqian.field_cipher import FieldCipher
from feiqian.ids import EVENT, MerchantNumber, new_id
from feiqian.merchants.registry import Merchants
from feiqian.notify.model import Contacts
from feiqian.notify.service import Notify
from feiqian.outbox.model import Claimed, Ended
from feiqian.runtime.transactions import Transactions, writes
from feiqian.subjects import merchant as subject_of
from feiqian.webhooks.endpoints import Endpoints
from feiqian.webhooks.errors import TooManyTests
from feiqian.webhooks.model import PROBE, TEST, Attempt, Checks, MerchantEvent, Why
from feiqian.webhooks.tables import ANSWER, attempts, endpoints, events
from feiqian.webhooks.telling import Telling

FAILS_LONG = HOUR  # then somebody is told
TOLD_AGAIN = DAY
KEEP_ATTEMPTS = 60 * DAY
PROBED_EVERY = 7 * DAY
PROBED_AGAIN = 6 * HOUR  # where a probe did not show anything
PROBES_AT_ONCE = 100
MOST_TESTS, TESTS_SPAN = 20, 10 * MINUTE  # of one merchant: the address may be somebody else's
DELIVERED_EVERY = 10 * MICROSECONDS  # when something last arrived is noted no more often
MANY_FAIL = 5  # endpoints at least, and half of those that are used: then it may be ours
_c = endpoints.c
_KEEP = insert(attempts)
_NOW = select(endpoints).where(_c.id == bindparam("id")).with_for_update()
_CALM = "Do nothing with it: it tells of no order and no payment."


class Ping(msgspec.Struct, frozen=True):
    """What a test or a probe says."""

    endpoint: str
    message: str = f"This is a test. {_CALM}"


@dataclass(slots=True)
class Seen:
    """As of the last look: endpoints that are enabled, those that fail, those that check no signatures."""

    enabled: int = 0
    failing: int = 0
    unchecked: int = 0

    @property
    def many_fail(self) -> bool:
        return self.failing >= MANY_FAIL and 2 * self.failing >= self.enabled


@dataclass(kw_only=True, eq=False, repr=False)
class Health:
    """Of all endpoints of one bank."""

    transactions: Transactions
    clock: Clock
    cipher: FieldCipher
    merchants: Merchants
    notify: Notify
    endpoints: Endpoints
    telling: Telling

    # --- attempts ----------------------------------------------------------------------------------------------------

    def noted(self, connection: Connection, claimed: Claimed, ended: Ended) -> None:
        """Keeps what was said in a sending, and what it means for the endpoint; in the transaction that ends it."""
        said: tuple[Attempt, ...] = ended.told if isinstance(ended.told, tuple) else ()
        for attempt in said:
            values = attempt._asdict() | {"delivery": claimed.id}
            values["answer"] = ANSWER.seal(self.cipher, attempt.answer, claimed.id)
            connection.execute(_KEEP, values)
        row = connection.execute(_NOW, {"id": claimed.lane}).first()
        if row is None or not said:
            return
        if claimed.kind == PROBE:
            self._probed(connection, row, said)
        elif said[-1].why:
            self._failed(connection, row, said[-1], ended.at)
        elif row.failing_since or row.delivered_at <= ended.at - DELIVERED_EVERY:
            values = {"delivered_at": ended.at, "failing_since": 0, "failure": "", "told_at": 0}
            connection.execute(update(endpoints).where(_c.id == row.id).values(values))

    def _failed(self, connection: Connection, row: Any, attempt: Attempt, now: int) -> None:
        since = row.failing_since or attempt.at
        values: dict[str, Any] = {"failing_since": since, "failure": attempt.why}
        if attempt.status == 410 and row.disabled is None:
            self.endpoints.end(connection, row.id, Why.GONE)
            self._tell(connection, row, "webhook_gone", now)
        elif now - since >= FAILS_LONG and row.told_at <= now - TOLD_AGAIN:
            self._tell(connection, row, "webhook_failing", now)
            values["told_at"] = now
        connection.execute(update(endpoints).where(_c.id == row.id).values(values))

    def _tell(self, connection: Connection, row: Any, kind: str, now: int) -> None:
        if row.email:
            contacts = Contacts(subject_of(row.merchant), "", row.email, (), row.language)
            values = {"endpoint": row.url, "merchant": self.merchants.name(row.merchant)}
            self.notify.tell(connection, contacts, kind, values, now)

    # --- probes ------------------------------------------------------------------------------------------------------

    @writes
    def probe_due(self, connection: Connection) -> int:
        """Probes endpoints whose time has come; how many those are."""
        now = self.clock.now()
        due = select(_c.id, _c.merchant).where(_c.probe_at <= now, _c.disabled == "").order_by(_c.probe_at)
        rows = connection.execute(due.limit(PROBES_AT_ONCE)).all()
        for row in rows:
            self.send(connection, row.merchant, row.id, PROBE, now)
            connection.execute(update(endpoints).where(_c.id == row.id).values(probe_at=now + PROBED_EVERY))
        return len(rows)

    @writes
    def test(self, connection: Connection, merchant: MerchantNumber, id: str) -> str:
        """Sends a test event to an endpoint; the delivery's id. Raises EndpointNotFound, EndpointDisabled,
        TooManyTests."""
        self.endpoints.enabled(connection, merchant, id)
        now = self.clock.now()
        lately = events.c.merchant == merchant, events.c.at > now - TESTS_SPAN, events.c.type == TEST
        if connection.execute(select(func.count()).where(*lately)).scalar_one() >= MOST_TESTS:
            raise TooManyTests("try again in ten minutes")
        return self.send(connection, merchant, id, TEST, now)

    def send(self, connection: Connection, merchant: MerchantNumber, id: str, type: str, now: int) -> str:
        """A test or a probe; the delivery's id."""
        endpoint = self.endpoints.get.within(connection, merchant, id)
        event = new_id(EVENT, now)
        self.telling.keep(connection, event, MerchantEvent(type, merchant, id, Ping(id), now), 0, now)
        return self.telling.queue(connection, endpoint, event, type, id, now)

    def _probed(self, connection: Connection, row: Any, said: tuple[Attempt, ...]) -> None:
        """What it shows: whoever takes the right signature and not the false one looks at it."""
        false, right = said
        values: dict[str, Any] = {}
        if false.status and not false.why:
            values["checks"] = Checks.NO
            if row.checks is not Checks.NO:
                self._tell(connection, row, "webhook_unchecked", right.at)
        elif false.status and right.status and not right.why:
            values["checks"] = Checks.YES
        else:
            values["probe_at"] = right.at + PROBED_AGAIN
        connection.execute(update(endpoints).where(_c.id == row.id).values(values))

    # --- looking -----------------------------------------------------------------------------------------------------

    @writes
    def look(self, connection: Connection) -> Seen:
        """Counts endpoints, and drops what was kept long enough."""
        now = self.clock.now()
        connection.execute(delete(events).where(events.c.keep_until <= now))
        connection.execute(delete(attempts).where(attempts.c.at <= now - KEEP_ATTEMPTS))
        lately = or_(_c.failing_since > 0, _c.delivered_at > now - HOUR)
        used, fails = func.count().filter(lately), func.count().filter(_c.failing_since.between(1, now - 10 * MINUTE))
        unchecked = func.count().filter(_c.checks == Checks.NO)
        return Seen(*connection.execute(select(used, fails, unchecked).where(_c.disabled == "")).one())
