"""The stream that keeps a customer's page true: its state at first, then whenever something of theirs happens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

from litestar import Request
from litestar.datastructures import State
from litestar.response import Stream

from feiqian.ids import CustomerNumber
from feiqian.web.session import Customer, still_signed_in
from feiqian.web.site import Site, stream
from feiqian.web.streams import HEARTBEAT, OPENING, MovesMoney, Watcher, message

from .lists import settled

Asked: TypeAlias = Request[Any, Any, State]
Look: TypeAlias = Callable[[Site, CustomerNumber, list[MovesMoney]], Awaitable[dict[str, object]]]


def live_page(site: Site, signed_in: Customer, request: Asked, look: Look) -> Stream:
    """What `look` finds now and after each of the customer's facts, for the page's script."""
    site.hub.opening(signed_in.number)
    watcher = site.hub.watch(("customer", signed_in.number))
    return stream(events(site, signed_in.number, watcher, look, request))


async def events(
    site: Site, number: CustomerNumber, watcher: Watcher, look: Look, request: Asked | None = None
) -> AsyncIterator[bytes]:
    """The state at first (something may have happened while nobody listened), then whenever something happens.

    Whoever's session was ended, here or elsewhere, is told nothing more.
    """
    with watcher:
        yield OPENING + message("state", await look(site, number, []))
        async for facts in watcher:
            if request is not None and not await still_signed_in(request):
                yield message("ended", {})
                return
            if facts is None:
                yield HEARTBEAT
                continue
            await settled(site.services, watcher.position)
            yield message("state", await look(site, number, facts))
