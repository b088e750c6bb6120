"""Endpoints of merchants: made, changed, given new secrets, ended. Each act stands in the audit log.

Which merchants have any is known in memory, so that a fact of any other costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from feiqian.audit_log.log import AuditLog
from feiqian.clock import DAY, HOUR, Clock
from feiqian.db import after_commit
from feiqian.field_cipher import FieldCipher
from feiqian.ids import ENDPOINT, MerchantNumber, new_id
from feiqian.notify.mail_addresses import AddressInvalid, canonical
from feiqian.outbox import store
from feiqian.runtime.locks import lock
from feiqian.runtime.transactions import Transactions, reads, writes
from feiqian.subjects import Subject
from feiqian.subjects import merchant as subject_of
from feiqian.webhooks.errors import (
    EndpointDisabled,
    EndpointInvalid,
    EndpointKnown,
    EndpointNotFound,
    EndpointsFull,
)
from feiqian.webhooks.model import TOPIC, Endpoint, Why
from feiqian.webhooks.signing import new_secret
from feiqian.webhooks.tables import OLD_SECRET, SECRET, endpoints
from feiqian.webhooks.targets import TargetInvalid, check_url

MOST = 10  # endpoints of one merchant
MOST_EVENTS = 30  # names in one endpoint
MOST_OLD = 3  # secrets that sign beside the newest
LONGEST_OVERLAP_HOURS = 7 * 24
ENDED = "the endpoint was disabled"
KEEP = 30 * DAY  # deliveries that are over
By = Subject | None  # who does it: one of the merchant's people; None: a system of theirs, by key
_c = endpoints.c
SECRETS = (_c.id, _c.secret, _c.old_secret, _c.old_secret_until)
_SHOWN = [_c[name] for name in Endpoint._fields]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a merchant asks for. `events` are names or families; `email` is told when the endpoint fails."""

    url: str
    events: tuple[str, ...]
    description: str = ""
    email: str = ""
    language: str = "en"


@dataclass(kw_only=True, eq=False, repr=False)
class Endpoints:
    """Those of all merchants of one bank. `types` are the names of all events that there are; features add theirs."""

    transactions: Transactions
    clock: Clock
    cipher: FieldCipher
    audit_log: AuditLog
    loopback: bool
    types: set[str] = field(default_factory=set, init=False)
    merchants: frozenset[MerchantNumber] = field(default=frozenset(), init=False)  # with any

    def __post_init__(self) -> None:
        self.transactions.read_now(self._remember)

    # --- asking ------------------------------------------------------------------------------------------------------

    @reads
    def all_of(self, connection: Connection, merchant: MerchantNumber) -> list[Endpoint]:
        """A merchant's, the oldest first."""
        found = select(*_SHOWN).where(_c.merchant == merchant).order_by(_c.created_at, _c.id)
        return [_endpoint(row) for row in connection.execute(found)]

    @reads
    def get(self, connection: Connection, merchant: MerchantNumber, id: str) -> Endpoint:
        """Raises EndpointNotFound, also for another merchant's."""
        found = connection.execute(select(*_SHOWN).where(_c.id == id, _c.merchant == merchant)).first()
        if found is None:
            raise EndpointNotFound("you have no such endpoint")
        return _endpoint(found)

    def secrets_of(self, row: Any, now: int) -> list[str]:
        """Those that sign now, the newest first; the row has the columns SECRETS of an endpoint."""
        found = [SECRET.text(self.cipher, row.secret, row.id)]
        return found + (
            OLD_SECRET.text(self.cipher, row.old_secret, row.id).split() if row.old_secret_until > now else []
        )

    # --- by merchants ------------------------------------------------------------------------------------------------

    @writes
    def create(
        self, connection: Connection, merchant: MerchantNumber, wanted: Wanted, by: By = None
    ) -> tuple[Endpoint, str]:
        """A new one, and its secret, which is not shown again. Raises EndpointInvalid, EndpointKnown, EndpointsFull."""
        lock(connection, f"webhooks of {merchant}")
        now = self.clock.now()
        values = self._values(wanted)
        self._check_new_url(connection, merchant, wanted.url)
        if connection.execute(select(func.count()).where(_c.merchant == merchant)).scalar_one() >= MOST:
            raise EndpointsFull(f"you have {MOST} endpoints, which is the most; delete one first")
        id, secret = new_id(ENDPOINT, now), new_secret()
        values |= {"id": id, "merchant": merchant, "created_at": now, "probe_at": now, "disabled": "", "checks": ""}
        values |= {"secret": SECRET.seal(self.cipher, secret, id), "old_secret_until": 0, "failure": ""}
        values |= dict.fromkeys(("failing_since", "delivered_at", "told_at"), 0)
        connection.execute(insert(endpoints).values(values))
        self._record(connection, merchant, "webhook_created", id, {"address": wanted.url[:200]}, by)
        after_commit(connection, self.remember)
        return self.get.within(connection, merchant, id), secret

    @writes
    def change(
        self, connection: Connection, merchant: MerchantNumber, id: str, wanted: Wanted, by: By = None
    ) -> Endpoint:
        """Raises EndpointNotFound, EndpointInvalid, EndpointKnown."""
        lock(connection, f"webhooks of {merchant}")
        before = self.get.within(connection, merchant, id)
        values = self._values(wanted)
        if wanted.url != before.url:
            self._check_new_url(connection, merchant, wanted.url)
            values |= {"checks": "", "probe_at": self.clock.now()}
        connection.execute(update(endpoints).where(_c.id == id).values(values))
        self._record(connection, merchant, "webhook_changed", id, {"address": wanted.url[:200]}, by)
        return self.get.within(connection, merchant, id)

    @writes
    def enable(self, connection: Connection, merchant: MerchantNumber, id: str, by: By = None) -> Endpoint:
        """What happens from now on is sent again. Raises EndpointNotFound."""
        self.get.within(connection, merchant, id)
        values: dict[str, Any] = {"disabled": "", "failing_since": 0, "failure": "", "told_at": 0}
        connection.execute(update(endpoints).where(_c.id == id).values(values | {"probe_at": self.clock.now()}))
        self._record(connection, merchant, "webhook_enabled", id, {}, by)
        return self.get.within(connection, merchant, id)

    @writes
    def disable(self, connection: Connection, merchant: MerchantNumber, id: str, by: By = None) -> Endpoint:
        """Nothing is sent any more, nor what waits. Raises EndpointNotFound."""
        self.get.within(connection, merchant, id)
        self.end(connection, id, Why.MERCHANT)
        self._record(connection, merchant, "webhook_disabled", id, {}, by)
        return self.get.within(connection, merchant, id)

    @writes
    def delete(self, connection: Connection, merchant: MerchantNumber, id: str, by: By = None) -> None:
        """It is no more, and its secret with it. Raises EndpointNotFound."""
        self.get.within(connection, merchant, id)
        self.end(connection, id, Why.MERCHANT)
        connection.execute(delete(endpoints).where(_c.id == id))
        self._record(connection, merchant, "webhook_deleted", id, {}, by)
        after_commit(connection, self.remember)

    @writes
    def rotate(
        self, connection: Connection, merchant: MerchantNumber, id: str, overlap_hours: int, by: By = None
    ) -> str:
        """A new secret, which is not shown again; those before sign, too, for so long: where an answer was lost, the
        receiver still has an older one. Raises EndpointNotFound."""
        lock(connection, f"webhooks of {merchant}")
        self.get.within(connection, merchant, id)
        now, secret = self.clock.now(), new_secret()
        row = connection.execute(select(*SECRETS).where(_c.id == id)).one()
        before = self.secrets_of(row, now)[:MOST_OLD]
        until = now + overlap_hours * HOUR if overlap_hours else 0
        values = {"secret": SECRET.seal(self.cipher, secret, id), "old_secret_until": until}
        values["old_secret"] = OLD_SECRET.seal(self.cipher, " ".join(before), id) if until else None
        connection.execute(update(endpoints).where(_c.id == id).values(values))
        self._record(connection, merchant, "webhook_rotated", id, {"hours": overlap_hours}, by)
        return secret

    # --- by the bank -------------------------------------------------------------------------------------------------

    def enabled(self, connection: Connection, merchant: MerchantNumber, id: str) -> Endpoint:
        """Raises EndpointNotFound, EndpointDisabled."""
        endpoint = self.get.within(connection, merchant, id)
        if not endpoint.enabled:
            raise EndpointDisabled("the endpoint is disabled; enable it first")
        return endpoint

    def end(self, connection: Connection, id: str, why: Why) -> None:
        """Disables it, and gives up what waits for it."""
        connection.execute(update(endpoints).where(_c.id == id).values(disabled=why))
        store.end_lane(connection, TOPIC, id, ENDED, KEEP, self.clock.now())

    def remember(self) -> None:
        """Which merchants have any, as the database says."""
        self.transactions.read_now(self._remember)

    def _remember(self, connection: Connection) -> None:
        found = connection.execute(select(_c.merchant).distinct())
        self.merchants = frozenset(MerchantNumber(number) for number in found.scalars())

    def _values(self, wanted: Wanted) -> dict[str, Any]:
        try:
            check_url(wanted.url, loopback=self.loopback)
        except TargetInvalid as error:
            raise EndpointInvalid("url", str(error)) from None
        unknown = sorted(set(wanted.events) - set(self.names()))
        if unknown or not wanted.events:
            raise EndpointInvalid("events", f"there are these events: {', '.join(self.names())}")
        try:
            email = canonical(wanted.email) if wanted.email else ""
        except AddressInvalid:
            raise EndpointInvalid("email", "give an e-mail address, or leave it empty") from None
        events = ",".join(dict.fromkeys(wanted.events))
        return {"url": wanted.url, "events": events, "description": wanted.description} | {
            "email": email,
            "language": wanted.language,
        }

    def names(self) -> Iterator[str]:
        """What an endpoint may ask for: every event, its family, all."""
        families = dict.fromkeys(f"{name.partition('.')[0]}.*" for name in sorted(self.types))
        yield from ("*", *families, *sorted(self.types))

    def _check_new_url(self, connection: Connection, merchant: MerchantNumber, url: str) -> None:
        if connection.execute(select(_c.id).where(_c.merchant == merchant, _c.url == url)).first():
            raise EndpointKnown("you have an endpoint with this address; change it, or give it a new secret")

    def _record(
        self, connection: Connection, merchant: MerchantNumber, action: str, id: str, details: dict[str, Any], by: By
    ) -> None:
        self.audit_log.append(connection, by or subject_of(merchant), action, id, details, self.clock.now())


def _endpoint(row: Any) -> Endpoint:
    values = row._mapping
    found = Endpoint(*(values[column] for column in _SHOWN))
    return found._replace(events=tuple(values[_c.events].split(",")), checks=values[_c.checks] or None)
