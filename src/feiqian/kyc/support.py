"""What supporters see of who a customer is: the identity number, masked."""

from __future__ import annotations

from sqlalchemy import Connection

from feiqian.backoffice.names import masked_number
from feiqian.backoffice.support_sections import SupportSection
from feiqian.ids import CustomerNumber
from feiqian.services import Services


class Document(SupportSection):
    """A line of the profile."""

    template = "kyc/support_document.html"
    shows = frozenset({"facts"})
    order = 10

    def __init__(self, services: Services) -> None:
        self._identity = services.identity

    def read(self, connection: Connection, number: CustomerNumber) -> str:
        claim = self._identity.claim(connection, number)
        return masked_number(claim.number) if claim is not None else ""


SUPPORT = (Document,)
