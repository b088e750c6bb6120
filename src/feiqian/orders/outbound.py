"""What merchants are told of their orders: each change that is theirs to know, with the order as it was after it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from feiqian.events import Fact, OrderChanged
from feiqian.orders.model import Event, order_object
from feiqian.webhooks.model import MerchantEvent
from feiqian.webhooks.telling import MerchantEvents

if TYPE_CHECKING:
    from feiqian.services import Services

_TYPES = {event.value: f"order.{event}" for event in Event if event is not Event.ATTEMPT_BEGUN}


class OrderEvents(MerchantEvents):
    """The same object, with the same version, as whoever asks for the order is shown."""

    name = "order_events"
    kinds = (OrderChanged,)
    types = tuple(_TYPES.values())

    def __init__(self, services: Services) -> None:
        super().__init__(services.webhooks.telling)

    def events_of(self, connection: Connection, fact: Fact) -> Iterable[MerchantEvent]:
        if isinstance(fact, OrderChanged) and (type := _TYPES.get(fact.event)):
            yield MerchantEvent(type, fact.merchant, fact.id, order_object(fact), fact.at)


OUTBOUND = (OrderEvents,)
