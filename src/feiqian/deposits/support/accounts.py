"""What supporters see of a customer's deposit accounts: numbers are masked, and a look at a whole one is kept."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.backoffice.support_sections import SupportSection
from feiqian.deposits.model import DepositAccount
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, MinorUnits, Money
from feiqian.services import Services


class Held(NamedTuple):
    """An account with what is on it."""

    account: DepositAccount
    balance: Money


class DepositAccounts(SupportSection):
    """All of them, closed ones too."""

    template = "deposits/support_accounts.html"
    column = "wide"
    order = 5

    def __init__(self, services: Services) -> None:
        self._deposits, self._ledger = services.deposits, services.ledger

    def read(self, connection: Connection, number: CustomerNumber) -> list[DepositAccount]:
        return self._deposits.of(connection, number)

    async def look(self, number: CustomerNumber, kept: list[DepositAccount]) -> list[Held]:
        balances = [MinorUnits(self._deposits.balance(account)) for account in kept]
        await self._ledger.durable(self._ledger.position)
        return [Held(one, Money(of, BY_NUMBER[one.currency])) for one, of in zip(kept, balances, strict=True)]
