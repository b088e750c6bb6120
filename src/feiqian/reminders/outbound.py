"""What reminders tell the world: those who want to know of each movement of an account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from feiqian.events import BalanceChanged, Fact
from feiqian.outbox.model import Origin, Outbound

if TYPE_CHECKING:
    from feiqian.services import Services


class BalanceReminders(Outbound):
    """Of accounts that nobody wants to know of there are no such facts."""

    name = "balance_reminders"
    kinds = (BalanceChanged,)
    together = True

    def __init__(self, services: Services) -> None:
        self._telling = services.reminders.telling

    def tell(self, connection: Connection, fact: Fact, origin: Origin, now: int) -> None:
        self.tell_all(connection, [(fact, origin)], now)

    def tell_all(self, connection: Connection, facts: Sequence[tuple[Fact, Origin]], now: int) -> None:
        movements = [(fact, origin) for fact, origin in facts if isinstance(fact, BalanceChanged)]
        self._telling.tell(connection, movements, now)


OUTBOUND = (BalanceReminders,)
