"""Reconciles orders with the ledger, to the cent. The engine must be as of the read model's own position."""

from __future__ import annotations

from collections.abc import Iterator

from feiqian.events import OrderChanged, decode_fact
from feiqian.ledger.engine import Engine, HoldState, Type
from feiqian.orders.model import OrderStatus, order_object
from feiqian.payments.read_model.queries import payment_by_id
from feiqian.projections.database import Database
from feiqian.projections.read_model import Discrepancy

_SUMS = "what it took", "its fee", "what was given back"
_ENDED = {OrderStatus.CLOSED: HoldState.RELEASED, OrderStatus.EXPIRED: HoldState.EXPIRED}


def reconcile(engine: Engine, db: Database) -> Iterator[Discrepancy]:
    """An order's hold is as its status says, and what was taken and given back of it is what its payments say.

    Those must be as of the same position.
    """
    for (blob,) in db.all("SELECT fact FROM orders"):
        fact = decode_fact(bytes(blob))
        assert isinstance(fact, OrderChanged)
        yield from _order(engine, db, fact)


def _order(engine: Engine, db: Database, fact: OrderChanged) -> Iterator[Discrepancy]:
    order, hold = order_object(fact), engine.remembered(fact.hold)
    where, state = f"order {order.id}", -1
    if hold is not None and hold.type == Type.HOLD:
        state = hold.status
    if order.status is OrderStatus.OPEN:
        # One whose time is over may wait for its fact until somebody decides again.
        expected = state if state == HoldState.EXPIRED else HoldState.OPEN
    else:
        expected = _ENDED.get(order.status, HoldState.CAPTURED)
    if state != expected:
        yield Discrepancy(where, "the state of its hold", expected, state)
    if order.paid + order.authorised > order.amount:
        yield Discrepancy(where, "what was paid or is held of it at most", order.amount, order.paid + order.authorised)
    for one in order.taken:
        payment = payment_by_id(db, one.payment)
        told = (one.amount, one.fee, one.refunded)
        found = (payment.amount, payment.fee, payment.refunded) if payment is not None else (0, 0, 0)
        for what, expected, is_ in zip(_SUMS, found, told, strict=True):
            if expected != is_:
                yield Discrepancy(f"{where}, payment {one.payment}", what, expected, is_)
