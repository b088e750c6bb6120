"""Payments of all customers and of one shop, as the demo's pages list them."""

from __future__ import annotations

from feiqian.demo.people import People
from feiqian.merchants.registry import Merchant
from feiqian.payments.pages.lists import built
from feiqian.payments.shown import Item, shown_payment
from feiqian.services import Services


async def newest(services: Services, people: People, limit: int) -> list[Item]:
    """Of all. Raises ReadsBehind."""
    rows = await built(services, lambda: services.reads.newest(limit))
    names, shop = await people.names(row.customer for row in rows), services.merchants.name
    return [shown_payment(row, shop(row.merchant), names.get(row.customer, "")) for row in rows]


async def receipts(services: Services, merchant: Merchant, limit: int) -> list[Item]:
    """What was asked for at this merchant. Raises ReadsBehind."""
    rows, _ = await built(services, lambda: services.reads.payments(merchant.number, None, limit))
    return [shown_payment(row, merchant.name) for row in rows]
