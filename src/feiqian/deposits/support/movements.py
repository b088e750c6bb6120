"""What supporters see of deposit accounts: the newest lines of each statement."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.backoffice.support_sections import SupportSection
from feiqian.deposits.model import DepositAccount
from feiqian.deposits.statements import Line
from feiqian.ids import CustomerNumber
from feiqian.services import Services

FEW = 5


class Moved(NamedTuple):
    """The newest lines of an account's statement; `incomplete`: some are missing."""

    account: DepositAccount
    lines: list[Line]
    incomplete: bool


class Movements(SupportSection):
    """Of each deposit account, closed ones too; those of the wallet are among the payments."""

    template = "deposits/support_movements.html"
    column = "wide"
    order = 15

    def __init__(self, services: Services) -> None:
        self._deposits, self._statements = services.deposits, services.statements

    def read(self, connection: Connection, number: CustomerNumber) -> list[DepositAccount]:
        return self._deposits.of(connection, number)

    async def look(self, number: CustomerNumber, kept: list[DepositAccount]) -> list[Moved]:
        pages = [await self._statements.page(number, one.id, one.currency, None, FEW) for one in kept]
        return [
            Moved(account, page.lines, page.incomplete)
            for account, page in zip(kept, pages, strict=True)
            if page.lines or page.incomplete
        ]
