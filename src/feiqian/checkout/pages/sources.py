"""From which accounts who is signed in may pay an order, and which is offered first: the one chosen here last."""

from __future__ import annotations

from litestar.datastructures import Cookie

from feiqian.money import BY_CODE
from feiqian.orders.model import Order
from feiqian.quick.pages.pay import Asked
from feiqian.sources.standing import Source
from feiqian.web.session import Customer
from feiqian.web.site import Site

SECONDS = 180 * 86_400  # that a browser keeps what was chosen


async def sources(site: Site, customer: Customer, order: Order) -> list[Source]:
    """The customer's accounts in the order's currency that money may leave, the one that is next at first."""
    for standing in await site.services.sources.standing(customer.number):
        if standing.currency == BY_CODE[order.currency]:
            usable = [source for source in standing.offered if source.pays]
            return sorted(usable, key=lambda source: source != standing.next)
    return []


def source_of(found: list[Source], id: str) -> Source | None:
    return next((source for source in found if source.id == id), None)


def preselected(site: Site, request: Asked, found: list[Source], order: Order) -> Source | None:
    """Of those that hold enough, the one that was chosen in this browser last, else the first."""
    enough = [source for source in found if source.available.minor >= order.amount]
    return source_of(enough, request.cookies.get(_name(site), "")) or next(iter(enough), None)


def chosen(site: Site, source: Source) -> Cookie:
    """Keeps the choice. It names an account of whoever chose it; of nobody else's accounts it is one."""
    return site.cookies.make(_name(site), source.id, SECONDS)


def _name(site: Site) -> str:
    return f"{site.cookies.session}-source"
