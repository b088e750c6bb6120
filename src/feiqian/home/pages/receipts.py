"""The other half of the inbox: receipts, from the lists of what moved. Nothing is kept of them there."""

from __future__ import annotations

from litestar import Response, get

from feiqian.payments.pages.lists import built, settled
from feiqian.web.session import TheCustomer, customers_only
from feiqian.web.site import TheSite

SHOWN = 30


@get("/inbox/receipts", guards=[customers_only])
async def receipts(site: TheSite, signed_in: TheCustomer) -> Response[str]:
    """The newest; all of them are in the activity."""
    services = site.services
    await settled(services, services.ledger.durable_position)
    page = await built(services, lambda: services.activity.page(signed_in.number, limit=SHOWN))
    notes = await services.movement_notes.of(signed_in.number, [it.id for it in page.movements])
    unread = await services.inbox.unread(signed_in.number)
    return site.page("home/receipts.html", page=page, notes=notes, unread=unread)
