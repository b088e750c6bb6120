"""What supporters see of quick payment: its state on each account. Numbers are masked."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.backoffice.support_sections import SupportSection
from feiqian.deposits.numbers import masked
from feiqian.ids import CustomerNumber
from feiqian.quick.model import Quick
from feiqian.services import Services


class Line(NamedTuple):
    """One account's."""

    number: str
    quick: Quick


class QuickOfAccounts(SupportSection):
    """A line for each account."""

    template = "quick/support.html"
    order = 22

    def __init__(self, services: Services) -> None:
        self._quick = services.quick

    def read(self, connection: Connection, number: CustomerNumber) -> list[Line]:
        return [Line(masked(one.account.last_four), one) for one in self._quick.all_of.within(connection, number)]


SUPPORT = (QuickOfAccounts,)
