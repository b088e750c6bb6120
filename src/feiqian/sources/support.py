"""What supporters see of a customer's sources: the order, with masked numbers."""

from __future__ import annotations

from sqlalchemy import Connection

from feiqian.backoffice.support_sections import SupportSection
from feiqian.ids import CustomerNumber
from feiqian.services import Services
from feiqian.sources.service import Kept
from feiqian.sources.standing import Standing


class PaymentSources(SupportSection):
    """What each currency's payments are taken from."""

    template = "sources/support_sources.html"
    order = 20

    def __init__(self, services: Services) -> None:
        self._sources = services.sources

    def read(self, connection: Connection, number: CustomerNumber) -> Kept:
        return self._sources.kept(connection, number)

    async def look(self, number: CustomerNumber, kept: Kept) -> list[Standing]:
        return await self._sources.standing_of(number, kept)


SUPPORT = (PaymentSources,)
