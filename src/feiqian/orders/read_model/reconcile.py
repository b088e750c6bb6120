"""Reconciles orders with the ledger, to the cent. The engine must be as of the read model's own position."""

from __future__ import annotations

from collections.abc import Iterator

from feiqian.events import OrderChanged, decode_fact
from feiqian.ledger.engine import Engine, HoldState, Type
from feiqian.orders.model import OrderStatus, order_object
from feiqian.projections.database import Database
from feiqian.projections.read_model import Discrepancy

_ENDED = {OrderStatus.CLOSED: HoldState.RELEASED, OrderStatus.EXPIRED: HoldState.EXPIRED}


def reconcile(engine: Engine, db: Database) -> Iterator[Discrepancy]:
    """An order's hold is as its status says; what paid it is what the payments' facts say it paid (`_sums`)."""
    for (blob,) in db.all("SELECT fact FROM orders"):
        fact = decode_fact(bytes(blob))
        assert isinstance(fact, OrderChanged)
        yield from _order(engine, fact)


def _order(engine: Engine, fact: OrderChanged) -> Iterator[Discrepancy]:
    order, hold = order_object(fact), engine.remembered(fact.hold)
    where, found = f"order {order.id}", -1
    if hold is not None and hold.type == Type.HOLD:
        found = hold.status
    if order.status is OrderStatus.OPEN:
        # One whose time is over may wait for its fact until somebody decides again.
        expected = found if found == HoldState.EXPIRED else HoldState.OPEN
    else:
        expected = _ENDED.get(order.status, HoldState.CAPTURED)
    if found != expected:
        yield Discrepancy(where, "the state of its hold", expected, found)
    if order.paid > order.amount:
        yield Discrepancy(where, "what was paid of it at most", order.amount, order.paid)
