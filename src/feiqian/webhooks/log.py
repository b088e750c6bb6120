"""What became of deliveries, with all that was said; and sending again, one or all of a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from feiqian.clock import Clock
from feiqian.field_cipher import FieldCipher
from feiqian.ids import MerchantNumber
from feiqian.outbox import store
from feiqian.outbox.model import REPLACES, Kept, State
from feiqian.runtime.paging import FIRST, Ask, Page
from feiqian.runtime.transactions import Transactions, reads, writes
from feiqian.webhooks.endpoints import Endpoints
from feiqian.webhooks.errors import DeliveryNotFound, EndpointBusy
from feiqian.webhooks.model import PROBE, TEST, TOPIC, Attempt, Delivery, Told, wants
from feiqian.webhooks.sender import body_of
from feiqian.webhooks.tables import ANSWER, attempts, events
from feiqian.webhooks.telling import Telling, about

AT_ONCE = 500  # events that are sent again by one request
MOST_OF_OBJECT = 100  # events of one thing that are looked at, and deliveries of them
MOST_WAITING = 2_000  # for an endpoint, when something is to be sent again
_e, _a = events.c, attempts.c


@dataclass(kw_only=True, eq=False, repr=False)
class Log:
    """Of all endpoints of one bank."""

    transactions: Transactions
    clock: Clock
    cipher: FieldCipher
    endpoints: Endpoints
    telling: Telling

    @reads
    def page(
        self,
        connection: Connection,
        merchant: MerchantNumber,
        endpoint: str,
        ask: Ask = FIRST,
        limit: int = 50,
        state: State | None = None,
        type: str = "",
    ) -> Page[Delivery]:
        """An endpoint's deliveries, in a state and of a type if these are named, the newest first. Raises
        EndpointNotFound."""
        self.endpoints.get.within(connection, merchant, endpoint)
        page = store.of_lane(connection, endpoint, ask, limit, state, type)
        return page.of([_delivery(kept) for kept in page.items])

    @reads
    def of_object(self, connection: Connection, merchant: MerchantNumber, object: str) -> list[Delivery]:
        """What the merchant was told of one thing, such as an order, at any endpoint: the newest, newest first."""
        told = select(_e.id).where(_e.object == object, _e.merchant == merchant).order_by(_e.position.desc())
        ids = connection.execute(told.limit(MOST_OF_OBJECT)).scalars().all()
        found = store.about_any(connection, TOPIC, map(about, ids), MOST_OF_OBJECT)
        return [_delivery(kept) for kept in found if kept.lane]

    @reads
    def get(self, connection: Connection, merchant: MerchantNumber, id: str) -> Told:
        """One with every request and answer. Raises DeliveryNotFound, also for another merchant's."""
        delivery = self._one(connection, merchant, id)
        event = connection.execute(select(events).where(_e.id == delivery.event)).first()
        if event is None:
            raise DeliveryNotFound("you have no such delivery, or it is no longer kept")
        body = body_of(event.type, event.at, event.data, delivery.replaces)
        rows = connection.execute(select(attempts).where(_a.delivery == id).order_by(_a.number))
        return Told(delivery, body, [self._attempt(row) for row in rows])

    @writes
    def replay(self, connection: Connection, merchant: MerchantNumber, id: str) -> str:
        """Sends the event of a delivery again, with the same webhook-id; the new delivery's id.

        Raises DeliveryNotFound, EndpointDisabled, EndpointBusy.
        """
        delivery = self._one(connection, merchant, id)
        [again] = self._send(connection, merchant, delivery.endpoint, [delivery.event]) or [""]
        if not again:
            raise DeliveryNotFound("you have no such delivery, or it is no longer kept")
        return again

    @writes
    def replay_range(
        self,
        connection: Connection,
        merchant: MerchantNumber,
        endpoint: str,
        since: int,
        until: int,
        *,
        undelivered: bool,
    ) -> tuple[list[str], int]:
        """Sends again what happened from `since` on and before `until` and the endpoint asks for; with `undelivered`
        only what has not arrived there. The new deliveries' ids, and from where on to go on (0: that was all).

        Raises EndpointNotFound, EndpointDisabled, EndpointBusy.
        """
        there = self.endpoints.enabled(connection, merchant, endpoint)
        of_time = _e.merchant == merchant, _e.at >= since, _e.at < until, _e.type.not_in((TEST, PROBE))
        found = select(_e.id, _e.type, _e.at).where(*of_time).order_by(_e.at, _e.id)
        rows = connection.execute(found.limit(AT_ONCE + 1)).all()
        more = rows[AT_ONCE].at if len(rows) > AT_ONCE else 0
        some = [row for row in rows[:AT_ONCE] if not more or row.at < more]
        wanted = [row.id for row in some if wants(there.events, row.type)]
        arrived = store.sent_about(connection, endpoint, map(about, wanted)) if undelivered else set()
        ids = [id for id in wanted if about(id) not in arrived]
        return self._send(connection, merchant, endpoint, ids), more

    def _send(self, connection: Connection, merchant: MerchantNumber, endpoint: str, ids: Iterable[str]) -> list[str]:
        there, now = self.endpoints.enabled(connection, merchant, endpoint), self.clock.now()
        if store.waiting_in_lane(connection, TOPIC, endpoint) >= MOST_WAITING:
            raise EndpointBusy(f"{MOST_WAITING:,} or more wait for this endpoint; send again when they have arrived")
        sent = []
        for id in ids:
            row = connection.execute(select(_e.type, _e.object).where(_e.id == id, _e.merchant == merchant)).first()
            if row is not None:
                sent.append(self.telling.queue(connection, there, id, row.type, row.object, now))
        return sent

    def _one(self, connection: Connection, merchant: MerchantNumber, id: str) -> Delivery:
        kept = store.find(connection, id)
        mine = {endpoint.id for endpoint in self.endpoints.all_of.within(connection, merchant)}
        if kept is None or kept.topic != TOPIC or kept.lane not in mine:
            raise DeliveryNotFound("you have no such delivery, or it is no longer kept")
        return _delivery(kept)

    def _attempt(self, row: Any) -> Attempt:
        answer = ANSWER.text(self.cipher, row.answer, row.delivery)
        return Attempt(row.at, row.milliseconds, row.status, row.why, answer, row.false_signature)


def _delivery(kept: Kept) -> Delivery:
    return Delivery(
        id=kept.id,
        endpoint=kept.lane,
        event=kept.about.partition(":")[2],
        type=kept.kind,
        object=kept.headers["object"],
        state=kept.state,
        attempts=kept.attempts,
        replaces=int(kept.headers.get(REPLACES, 0)),
        created_at=kept.created_at,
        next_at=kept.next_at if kept.state is State.QUEUED else 0,
        done_at=kept.done_at,
        why=kept.why,
    )
