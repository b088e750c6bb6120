"""What supporters see of a customer's cases."""

from __future__ import annotations

from sqlalchemy import Connection

from feiqian.backoffice.support_sections import SupportList
from feiqian.cases.model import Case
from feiqian.ids import CustomerNumber
from feiqian.runtime.paging import Ask, Page
from feiqian.services import Services

FEW = 10


class CustomerCases(SupportList):
    """The newest."""

    name = "cases"
    template = "cases/support_cases.html"
    column = "wide"
    order = 20

    def __init__(self, services: Services) -> None:
        self._cases = services.cases

    def page(self, connection: Connection, number: CustomerNumber, ask: Ask) -> Page[Case]:
        return self._cases.page(connection, number, ask, FEW)


SUPPORT = (CustomerCases,)
