"""The bank, live: one look a second, made once for all who watch."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from litestar import Controller, Response, get
from litestar.response import Stream

from feiqian.web.site import Site, TheSite, stream
from feiqian.web.streams import OPENING, Watcher, message

from .given import Demo, TheDemo
from .lists import newest

NEWEST = 11
LOOK_SECONDS = 1.0


class BankPage(Controller):
    """`/bank`."""

    path = "/bank"

    @get("/")
    async def bank(self, site: TheSite, demo: TheDemo) -> Response[str]:
        return site.page(
            "demo/bank.html",
            pulse=demo.machine_room.pulse(),
            newest=await newest(site.services, demo.people, NEWEST),
            incomplete=await _incomplete(site),
            level=demo.traffic.level,
        )

    @get("/events")
    async def events(self, site: TheSite, demo: TheDemo) -> Stream:
        return stream(_events(site, demo, site.hub.watch(("bank", 0)), _looks))


class Looks:
    """The newest look in each language, kept for a second, so that ten watchers cost what one costs."""

    def __init__(self) -> None:
        self._looks: dict[str, tuple[float, bytes]] = {}  # when it was taken
        self._lock = asyncio.Lock()

    async def look(self, site: Site, demo: Demo) -> bytes:
        async with self._lock:
            taken, look = self._looks.get(site.language, (float("-inf"), b""))
            if time.monotonic() - taken > LOOK_SECONDS / 2:
                look = message("state", await _state(site, demo))
                self._looks[site.language] = time.monotonic(), look
            return look


_looks = Looks()


async def _events(site: Site, demo: Demo, watcher: Watcher, looks: Looks) -> AsyncIterator[bytes]:
    with watcher:
        yield OPENING
        while not watcher.closed:
            yield await looks.look(site, demo)
            await watcher.closing(LOOK_SECONDS)


async def _state(site: Site, demo: Demo) -> dict[str, object]:
    payments, incomplete = await newest(site.services, demo.people, NEWEST), await _incomplete(site)
    rates = site.hub.rates.history()
    return {
        "rate": _figure(site, sum(rates[-2:]) / 2),
        "rates": rates,
        "pulse": site.render("demo/parts/bank_pulse.html", pulse=demo.machine_room.pulse()),
        "newest": site.render("demo/parts/bank_newest.html", newest=payments, incomplete=incomplete),
        "level": demo.traffic.level,
    }


async def _incomplete(site: Site) -> bool:
    """Whether something is missing in anybody's lists."""
    return await site.services.reads.set_aside() > 0


def _figure(site: Site, rate: float) -> str:
    return site.render.formats.number(round(rate) if rate >= 10 else round(rate, 1))
