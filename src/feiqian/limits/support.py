"""What supporters see of a customer's limits: which holds, what is left, when it is fresh again, what waits."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.backoffice.support_sections import SupportSection
from feiqian.ids import CustomerNumber
from feiqian.limits.own import Limit, Own
from feiqian.money import BY_NUMBER, MinorUnits, Money
from feiqian.policy.model import NO_BOUND
from feiqian.services import Services


class Line(NamedTuple):
    """A limit with its amounts."""

    limit: Limit
    cap: Money
    used: Money
    left: Money


class Limits(SupportSection):
    """Those that are set, in every currency of the customer's."""

    template = "limits/support_limits.html"
    order = 20

    def __init__(self, services: Services) -> None:
        self._own = services.own_limits

    def read(self, connection: Connection, number: CustomerNumber) -> list[Own]:
        return self._own.kept.within(connection, number)

    async def look(self, number: CustomerNumber, kept: list[Own]) -> list[Line]:
        return [_line(limit) for limit in self._own.now(number, kept) if limit.state.cap < NO_BOUND]


def _line(limit: Limit) -> Line:
    amounts = limit.state.cap, limit.state.used, limit.state.left
    return Line(limit, *(Money(MinorUnits(minor), BY_NUMBER[limit.which.currency]) for minor in amounts))


SUPPORT = (Limits,)
