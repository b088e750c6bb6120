"""What a customer has, in one view: wallet and own accounts, and their sum in the bank's own currency."""

from __future__ import annotations

from typing import NamedTuple

from feiqian.deposits.pages.places import name_of
from feiqian.deposits.statements import Holding
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, MinorUnits, Money
from feiqian.services import Services


class Held(NamedTuple):
    """An account, by the name that it has in addresses."""

    name: str
    holding: Holding


class MoneyShown(NamedTuple):
    """`total` of what is in the bank's own currency; other currencies stand in their rows alone."""

    total: Money
    rows: list[Held]


async def money_of(services: Services, customer: CustomerNumber) -> MoneyShown:
    """As the ledger has it now."""
    currency = BY_NUMBER[services.policy.currency]
    holdings = await services.statements.holdings(customer)
    total = sum(one.balance.minor for one in holdings if one.currency == currency)
    rows = [Held(name_of(one.id, one.currency), one) for one in holdings]
    return MoneyShown(Money(MinorUnits(total), currency), rows)
