"""What supporters see of scheduled transfers: those that go on and those that are over, the payees masked."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.backoffice.support_sections import SupportSection
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, Money
from feiqian.scheduled.model import Schedule
from feiqian.services import Services
from feiqian.strings.masking import masked_name

FEW = 20


class Line(NamedTuple):
    """A schedule; `payee` is masked."""

    schedule: Schedule
    amount: Money
    payee: str


class SchedulesOf(SupportSection):
    """Those that go on first."""

    template = "scheduled/support.html"
    column = "wide"
    order = 13

    def __init__(self, services: Services) -> None:
        self._schedules = services.schedules

    def read(self, connection: Connection, number: CustomerNumber) -> list[Line]:
        found = self._schedules.all_of.within(connection, number)[:FEW]
        return [Line(one, Money(one.amount, BY_NUMBER[one.currency]), masked_name(one.payee)) for one in found]


SUPPORT = (SchedulesOf,)
