"""Lists of payments as pages show them: newest first, and no older than what the page knows, if that comes soon."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from feiqian.ids import CustomerNumber
from feiqian.payments.shown import Item, shown_correction, shown_payment
from feiqian.projections.errors import ReadsBehind
from feiqian.runtime import logs
from feiqian.services import Services

SETTLE_SECONDS = 2.0
T = TypeVar("T")

_log = logs.get("feiqian.payments")


async def of_customer(services: Services, customer: CustomerNumber, limit: int) -> list[Item]:
    """A customer's newest payments, and the corrections of the bank among them. Raises ReadsBehind."""
    reads, name = services.reads, services.merchants.name
    rows = await built(services, lambda: reads.newest_of_customer(customer, limit))
    paid = [shown_payment(row, name(row.merchant)) for row in rows]
    corrected = [shown_correction(row) for row in await reads.corrections_of_customer(customer, limit)]
    return sorted([*paid, *corrected], key=lambda item: item.at, reverse=True)[:limit]


async def built(services: Services, ask: Callable[[], Awaitable[T]]) -> T:
    """Asks the read model, which another process builds; if it is not there, once more after a while.

    Raises ReadsBehind.
    """
    try:
        return await ask()
    except ReadsBehind:
        await settled(services, services.ledger.durable_position)
        return await ask()


async def settled(services: Services, position: int) -> None:
    """Returns when the lists show everything up to this journal position, or after a short while."""
    try:
        await services.reads.wait(position, SETTLE_SECONDS)
    except ReadsBehind:
        _log.warning("page_shows_older_lists", wanted=position)
