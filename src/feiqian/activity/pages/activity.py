"""`/activity`: all that moved, newest first, by months; searched and narrowed by its address. Works without scripts."""

from __future__ import annotations

from typing import Any, NamedTuple

from litestar import Controller, Request, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException

from feiqian.activity.model import ActivityPage, Movement
from feiqian.auth.pages.challenge import Page
from feiqian.deposits.model import DepositAccount
from feiqian.ids import CustomerNumber
from feiqian.payments.pages.lists import built, settled
from feiqian.projections.errors import CursorInvalid
from feiqian.services import Services
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import TheSite

from .filters import Filters, Place, places_of, read_filters
from .months import by_month

SHOWN = 30


class Names(NamedTuple):
    """What the customer's own accounts are, by their accounts in the ledger and by their ids; None is the wallet."""

    by_ledger_id: dict[bytes, DepositAccount | None]

    def of(self, movement: Movement) -> DepositAccount | None:
        return self.by_ledger_id.get(movement.account)


def names_of(places: list[Place]) -> Names:
    return Names({place.ledger_id: place.holding.account for place in places})


async def own_places(services: Services, customer: CustomerNumber) -> list[Place]:
    """Of all accounts, closed ones too: what moved on them is there for ever."""
    return places_of(customer, await services.statements.holdings(customer, closed=True))


class ActivityPages(Controller):
    """`/activity`."""

    path = "/activity"

    @get("/")
    async def movements(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Page:
        services, customer, formats = site.services, signed_in.number, site.render.formats
        query = {name: value for name, value in request.query_params.items() if isinstance(value, str)}
        places = await own_places(services, customer)
        filters = read_filters(site, formats.zone_of_reader, query, places)
        page = await _page(services, signed_in, filters, query.get("older", ""))
        months = await by_month(services.activity, formats, customer, filters.wanted, page.movements)
        notes = await services.movement_notes.of(customer, [it.id for it in page.movements])
        return site.page(
            "activity/activity.html",
            form=filters.form,
            filters=filters,
            page=page,
            months=months,
            notes=notes,
            places=places,
            names=names_of(places),
            first="older" not in query,
            older=filters.address(older=page.older) if page.older else "",
        )


async def _page(services: Services, signed_in: Customer, filters: Filters, cursor: str) -> ActivityPage:
    """As new as what the ledger has said, if the lists come that far soon. Raises ReadsBehind."""
    await settled(services, services.ledger.durable_position)
    try:
        return await built(services, lambda: services.activity.page(signed_in.number, filters.wanted, cursor, SHOWN))
    except CursorInvalid:
        raise NotFoundException from None
