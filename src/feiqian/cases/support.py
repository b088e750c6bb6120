"""What supporters see of a customer's cases."""

from __future__ import annotations

from sqlalchemy import Connection

from feiqian.backoffice.support_sections import SupportSection
from feiqian.cases.model import Case
from feiqian.ids import CustomerNumber
from feiqian.services import Services

FEW = 10


class CustomerCases(SupportSection):
    """The newest."""

    template = "cases/support_cases.html"
    column = "wide"
    order = 20

    def __init__(self, services: Services) -> None:
        self._cases = services.cases

    def read(self, connection: Connection, number: CustomerNumber) -> list[Case]:
        return self._cases.of(connection, number, FEW)


SUPPORT = (CustomerCases,)
