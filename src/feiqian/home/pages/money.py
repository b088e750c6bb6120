"""What a customer has, in one view: wallet and own accounts in the order that they want, and the sum of those shown."""

from __future__ import annotations

from typing import NamedTuple

from feiqian.deposits.pages.places import name_of
from feiqian.deposits.statements import Holding
from feiqian.home.model import arranged
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, MinorUnits, Money
from feiqian.services import Services


class Held(NamedTuple):
    """An account, by the name that it has in addresses. `hidden`: the first page leaves it out."""

    name: str
    holding: Holding
    hidden: bool


class MoneyShown(NamedTuple):
    """`total` of what is shown in the bank's own currency; other currencies stand in their rows alone."""

    total: Money
    all: list[Held]

    @property
    def rows(self) -> list[Held]:
        return [held for held in self.all if not held.hidden]

    @property
    def hidden(self) -> int:
        """How many are left out."""
        return len(self.all) - len(self.rows)


async def money_of(services: Services, customer: CustomerNumber) -> MoneyShown:
    """As the ledger has it now."""
    currency = BY_NUMBER[services.policy.currency]
    holdings = {name_of(one.id, one.currency): one for one in await services.statements.holdings(customer)}
    places = arranged(holdings, await services.arrangements.of(customer))
    held = [Held(place.name, holdings[place.name], place.hidden) for place in places]
    shown = (one.holding.balance for one in held if not one.hidden)
    total = sum(balance.minor for balance in shown if balance.currency == currency)
    return MoneyShown(Money(MinorUnits(total), currency), held)
