"""What supporters see of balance reminders: of which accounts, how, and when the last was sent. Not what it said."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.backoffice.support_sections import SupportSection
from feiqian.ids import CustomerNumber
from feiqian.outbox.store import last_sent
from feiqian.reminders.service import Kept, Shown
from feiqian.reminders.telling import KINDS
from feiqian.services import Services
from feiqian.subjects import customer


class Seen(NamedTuple):
    """Accounts with what was chosen for them; `sent_at` in Unix microseconds, 0: none that is kept."""

    accounts: list[Shown]
    sent_at: int


class RemindersOf(SupportSection):
    """A line for the wallet and each account that is not closed. Numbers are masked; amounts are not told."""

    template = "reminders/support.html"
    order = 24

    def __init__(self, services: Services) -> None:
        self._reminders = services.reminders

    def read(self, connection: Connection, number: CustomerNumber) -> tuple[Kept, int]:
        return self._reminders.kept(connection, number), last_sent(connection, str(customer(number)), KINDS)

    async def look(self, number: CustomerNumber, kept: tuple[Kept, int]) -> Seen:
        chosen, sent_at = kept
        return Seen(self._reminders.shown(number, chosen), sent_at)


SUPPORT = (RemindersOf,)
