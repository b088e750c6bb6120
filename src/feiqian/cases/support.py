"""What supporters see of a customer's cases."""

from __future__ import annotations

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
        self._db, self._work, self._cases = services.db, services.work, services.cases

    async def look(self, number: CustomerNumber) -> list[Case]:
        return await self._work.db(self._newest, number)

    def _newest(self, number: CustomerNumber) -> list[Case]:
        with self._db.read() as connection:
            return self._cases.of(connection, number, FEW)


SUPPORT = (CustomerCases,)
