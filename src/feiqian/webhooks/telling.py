"""What happened becomes events, and a delivery to each endpoint that asks for it, in the caller's transaction.

An event's id is made from where its fact stands in the journal: told again, after whatever crash or restored backup, it
has the same, and a receiver knows that it has it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, ClassVar

import msgspec
from sqlalchemy import Connection, exists, insert, select

from feiqian.clock import DAY
from feiqian.events import Fact, tag_of, tag_of_kind
from feiqian.field_cipher import FieldCipher
from feiqian.ids import DELIVERY, EVENT, MerchantNumber, derived_id, new_id
from feiqian.outbox.model import Delivery, Origin, Outbound
from feiqian.outbox.service import Outbox
from feiqian.outbox.store import MAX_PAYLOAD
from feiqian.webhooks.endpoints import Endpoints
from feiqian.webhooks.listening import Listening
from feiqian.webhooks.model import TOPIC, Endpoint, MerchantEvent, wants
from feiqian.webhooks.tables import events

KEEP_EVENTS = 60 * DAY
EXPIRES = 30 * DAY  # long after the last attempt
_e = events.c


@dataclass(kw_only=True, eq=False, repr=False)
class Telling:
    """One for a bank."""

    cipher: FieldCipher
    outbox: Outbox
    endpoints: Endpoints
    listening: Listening

    def tell(self, connection: Connection, happened: Iterable[tuple[MerchantEvent, Origin]], now: int) -> None:
        """Queues each for those of the merchant's endpoints that ask for it and were there when it happened. For those
        that are disabled it is kept, too: they may be enabled, and told then. Who listens hears of all."""
        there = cache(partial(self.endpoints.all_of.within, connection))
        for event, origin in happened:
            self._tell(connection, event, origin, there(event.merchant), now)

    def _tell(
        self, connection: Connection, event: MerchantEvent, origin: Origin, there: list[Endpoint], now: int
    ) -> None:
        wanted = [one for one in there if wants(one.events, event.type) and one.created_at <= event.at]
        listened = event.merchant in self.listening.merchants
        if not (wanted or listened) or event.at <= now - EXPIRES:
            return
        seed = f"{origin}/{event.type}/{event.object}"
        id = derived_id(EVENT, event.at, self.cipher.blind_index(seed, "webhooks/event"))
        later = exists().where(_e.object == event.object, _e.position > origin.position)
        in_order = not connection.execute(select(later)).scalar()  # what is told again, late, replaces nothing
        if self.keep(connection, id, event, origin.position, now) and listened:
            self.listening.tell(connection, event.merchant, id, now)
        for endpoint in (one for one in wanted if one.enabled):
            self.queue(connection, endpoint, id, event.type, event.object, now, once=id, in_order=in_order)

    def keep(self, connection: Connection, id: str, event: MerchantEvent, position: int, now: int) -> bool:
        """The event itself. Whether it was not kept already."""
        data = msgspec.json.encode(event.data)
        if len(data) > MAX_PAYLOAD:
            raise ValueError(f"an event of {len(data)} bytes; {MAX_PAYLOAD} is the most")
        if connection.execute(select(_e.id).where(_e.id == id)).first() is not None:
            return False
        values = {"id": id, "merchant": event.merchant, "type": event.type, "object": event.object, "data": data}
        values |= {"position": position, "at": event.at, "keep_until": now + KEEP_EVENTS}
        connection.execute(insert(events).values(values))
        return True

    def queue(
        self,
        connection: Connection,
        endpoint: Endpoint,
        event: str,
        type: str,
        object: str,
        now: int,
        *,
        once: str = "",
        in_order: bool = False,
    ) -> str:
        """A delivery of an event that is kept; its id. In order, it comes after what is queued of the same object."""
        delivery = Delivery(
            id=new_id(DELIVERY, now),
            topic=TOPIC,
            kind=type,
            receiver=f"{endpoint.id}/{object}" if in_order else "",
            about=about(event),
            payload=b"",
            expires_at=now + EXPIRES,
            headers={"object": object},
            once=f"{once}/{endpoint.id}" if once else "",
            lane=endpoint.id,
        )
        self.outbox.add(connection, delivery, now)
        return delivery.id


class MerchantEvents(Outbound):
    """What a feature tells merchants, in its `outbound.OUTBOUND`. `types` are the names of its events, such as
    `order.paid`, at most 40 characters."""

    types: ClassVar[tuple[str, ...]]
    together = True

    def __init__(self, telling: Telling) -> None:
        self.telling, self._merchant_of = telling, _merchants_of(self.kinds)
        telling.endpoints.types.update(self.types)

    @abstractmethod
    def events_of(self, connection: Connection, fact: Fact) -> Iterable[MerchantEvent]:
        """What the fact means to its merchant: mostly one event, or none. Asks no read model."""

    def concerns(self, fact: bytes) -> bool:
        told, listening = self.telling.endpoints.merchants, self.telling.listening.merchants
        if not (told or listening):
            return False
        merchant = self._merchant_of(fact)
        return merchant in told or merchant in listening

    def tell(self, connection: Connection, fact: Fact, origin: Origin, now: int) -> None:
        self.tell_all(connection, [(fact, origin)], now)

    def tell_all(self, connection: Connection, facts: Sequence[tuple[Fact, Origin]], now: int) -> None:
        events = ((event, origin) for fact, origin in facts for event in self.events_of(connection, fact))
        self.telling.tell(connection, events, now)


def _merchants_of(kinds: Iterable[type[msgspec.Struct]]) -> Callable[[bytes], MerchantNumber]:
    """Tells the merchant of facts of these kinds, which have a field `merchant`: it decodes no more than that."""
    decoders = {}
    for fact in kinds:
        names = fact.__struct_fields__
        fields: list[Any] = [(name, Any) for name in names[: names.index("merchant") + 1]]
        tag = fact.__struct_config__.tag
        decoders[tag_of_kind(fact)] = msgspec.msgpack.Decoder(
            msgspec.defstruct(fact.__name__, fields, array_like=True, frozen=True, tag=tag)
        ).decode

    return lambda fact: decoders[tag_of(fact)](fact).merchant  # type: ignore[attr-defined]


def about(event: str) -> str:
    """What a delivery of this event says that it is about."""
    return f"event:{event}"
