"""The demo's people and shops, as its pages offer them. Names never change, so whoever was read once is remembered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from feiqian.customers.registry import Customer
from feiqian.ids import CustomerNumber
from feiqian.merchants.registry import Merchant
from feiqian.money import BY_NUMBER, Currency
from feiqian.services import Services

KEPT = 50_000


class Shop(NamedTuple):
    """A merchant with its first store, as its till shows it."""

    merchant: Merchant
    id: str
    name: str
    store: str
    currency: Currency


class People:
    """Customers by number and public id. Asks the database out of the event loop."""

    def __init__(self, services: Services) -> None:
        self._transactions, self._customers = services.transactions, services.customers
        self._known: dict[CustomerNumber, Customer] = {}

    async def first(self, limit: int) -> list[Customer]:
        numbers = [CustomerNumber(n) for n in range(1, min(limit, self._customers.count) + 1)]
        return list((await self._all(numbers)).values())

    async def by_id(self, id: str) -> Customer | None:
        return await self._transactions.read(self._customers.by_id, id)

    async def by_number(self, number: CustomerNumber) -> Customer | None:
        return (await self._all([number])).get(number)

    async def names(self, numbers: Iterable[CustomerNumber]) -> dict[CustomerNumber, str]:
        return {number: person.name for number, person in (await self._all(list(numbers))).items()}

    async def _all(self, numbers: list[CustomerNumber]) -> dict[CustomerNumber, Customer]:
        missing = [number for number in set(numbers) if number not in self._known]
        if missing:
            if len(self._known) > KEPT:
                self._known.clear()
            by_number = self._customers.by_number
            found = await self._transactions.read(lambda connection: [by_number(connection, n) for n in missing])
            self._known |= {customer.number: customer for customer in found if customer is not None}
        return {number: self._known[number] for number in numbers if number in self._known}


class Shops:
    """Merchants, as pages name them. From memory."""

    def __init__(self, services: Services) -> None:
        self._merchants = services.merchants

    def all(self) -> list[Shop]:
        return [_shop(merchant) for merchant in self._merchants.all()]

    def by_id(self, id: str) -> Shop | None:
        merchant = self._merchants.by_id(id)
        return None if merchant is None else _shop(merchant)


def _shop(merchant: Merchant) -> Shop:
    store = merchant.stores[0].name if merchant.stores else ""
    return Shop(merchant, merchant.id, merchant.name, store, BY_NUMBER[merchant.currency])
