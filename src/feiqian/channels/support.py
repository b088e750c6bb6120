"""What supporters see of services of channels: each that was ever requested, and its state."""

from __future__ import annotations

from sqlalchemy import Connection

from feiqian.backoffice.support_sections import SupportSection
from feiqian.channels.model import Service
from feiqian.ids import CustomerNumber
from feiqian.services import Services


class ServicesOf(SupportSection):
    """A line for each."""

    template = "channels/support.html"
    order = 26

    def __init__(self, services: Services) -> None:
        self._channels = services.channels

    def read(self, connection: Connection, number: CustomerNumber) -> list[Service]:
        return list(self._channels.of.within(connection, number).values())


SUPPORT = (ServicesOf,)
