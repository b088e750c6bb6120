"""What supporters see of a customer's money locks. They open none: only their owner does."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.backoffice.support_sections import SupportSection
from feiqian.ids import CustomerNumber
from feiqian.locks.model import LockState, MoneyLock
from feiqian.money import BY_NUMBER, Money
from feiqian.services import Services


class Line(NamedTuple):
    """A lock and how much it is."""

    lock: MoneyLock
    amount: Money


class Locks(SupportSection):
    """Those that are not open."""

    template = "locks/support_locks.html"
    order = 15

    def __init__(self, services: Services) -> None:
        self._locks = services.locks

    def read(self, connection: Connection, number: CustomerNumber) -> list[Line]:
        locks = self._locks.of(connection, number)
        return [
            Line(lock, Money(lock.amount, BY_NUMBER[lock.currency]))
            for lock in locks
            if lock.state is not LockState.OPEN
        ]


SUPPORT = (Locks,)
