"""Writes what journal rows add to the read model of orders. It looks at facts, and at no record."""

from __future__ import annotations

from typing import ClassVar

from feiqian.events import OrderChanged
from feiqian.orders.model import order_object
from feiqian.projections.database import Database, Values
from feiqian.projections.read_model import Kinds, Part
from feiqian.projections.taken import facts_of

from .tables import order_events

NAME = "orders"
_PUT = """
INSERT INTO orders VALUES (:id, :hold, :merchant, :merchant_order, :status, :version, :amount, :paid, :refunded,
:created_at, :fact) ON CONFLICT (id) DO UPDATE SET status = excluded.status, version = excluded.version,
paid = excluded.paid, refunded = excluded.refunded, fact = excluded.fact WHERE excluded.version > orders.version"""
_PUT_KEY = """
INSERT INTO order_keys VALUES (:merchant, :key, :order_id)
ON CONFLICT (merchant, key) DO UPDATE SET order_id = excluded.order_id"""


class OrdersProjection:
    """See `projections.read_model.Projection`."""

    kinds: ClassVar[Kinds] = (OrderChanged,)

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, seconds: int, day: int) -> None:
        self.moment: tuple[int, int] = seconds, day
        self._orders: dict[str, Values] = {}
        self._events: list[Values] = []
        self._keys: list[Values] = []

    def add(self, position: int, records: bytes, facts: list[bytes]) -> None:
        for fact, blob in facts_of(self.kinds, facts):
            if isinstance(fact, OrderChanged):
                self._add(fact, blob)

    def _add(self, fact: OrderChanged, blob: bytes) -> None:
        order = order_object(fact)
        created_at = round(order.created_at.timestamp() * 1_000_000)
        sums = order.amount, order.paid, order.refunded
        named = fact.id, fact.hold, fact.merchant, order.merchant_order
        self._orders[fact.id] = (*named, order.status.value, fact.version, *sums, created_at, blob)
        self._events.append((fact.id, fact.version, fact.event, fact.at))
        if fact.key:
            self._keys.append((fact.merchant, fact.key, fact.id))

    def write(self) -> None:
        if self._orders:
            self._db.change_many(_PUT, list(self._orders.values()))
        self._db.insert(order_events, self._events)
        if self._keys:
            self._db.change_many(_PUT_KEY, self._keys)

    def forget(self) -> None:
        """Nothing outlives a step."""

    def parts(self, records: bytes, facts: list[bytes]) -> list[Part]:
        return [Part(b"", [blob]) for blob in facts]

    def concerned(self, part: Part) -> set[str]:
        """Nobody whom one could name: a fact that is not understood may be anybody's."""
        return set()
