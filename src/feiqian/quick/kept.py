"""How many quick payments are kept that were begun and not confirmed: so many of one network, so many in all, a day."""

from __future__ import annotations

from sqlalchemy import Connection, delete, exists, select

from feiqian.clock import DAY
from feiqian.db import after_commit
from feiqian.quick.paying_tables import Stage, paid_orders, quick_payments
from feiqian.runtime import network
from feiqian.runtime.holdings import BEFORE, Holdings
from feiqian.runtime.sweeping import remove_some

EACH, IN_ALL = 1_000, 20_000
_c = quick_payments.c
_BEGUN = _c.stage == Stage.BEGUN


class Kept:
    """`sweep` removes what is over. What was confirmed stays."""

    def __init__(self) -> None:
        self.held = Holdings("quick_payments", EACH, IN_ALL)
        self._loaded = False

    def take(self, connection: Connection, id: str) -> None:
        """Notes a new one; those that make room for it are removed."""
        given_up = []
        if not self._loaded:  # after a start: those that are there already make room first
            self._loaded = True
            there = connection.execute(select(_c.id).where(_BEGUN, _c.id != id).order_by(_c.created_at)).scalars().all()
            given_up = [other for one in there for other in self.held.take(BEFORE, one)]
        if given_up := given_up + self.held.take(network.client.get(), id):
            connection.execute(delete(quick_payments).where(_c.id.in_(given_up), _BEGUN))
            _forget_orders(connection, given_up)

    def drop(self, connection: Connection, id: str) -> None:
        """It was confirmed: it makes room for nothing."""
        after_commit(connection, lambda: self.held.drop([id]))

    def sweep(self, connection: Connection, now: int, most: int) -> int:
        removed = remove_some(connection, quick_payments, _BEGUN & (_c.created_at < now - DAY), most)
        self.held.drop(row[0] for row in removed)
        _forget_orders(connection, [row[0] for row in removed])
        return len(removed)


def _forget_orders(connection: Connection, ids: list[str]) -> None:
    """Of those that are gone; what was confirmed meanwhile keeps its own."""
    gone = paid_orders.c.id.in_(ids) & ~exists().where(_c.id == paid_orders.c.id)
    connection.execute(delete(paid_orders).where(gone))
