"""A page over a thin line (1.6 Mbit/s, answers after 400 ms): what it asks for, how heavy it is, when it is painted."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from playwright.sync_api import Page

SLOW = {"offline": False, "latency": 400, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.shifted += entry.value)))
  .observe({ type: "layout-shift", buffered: true });
"""
PAINTS = "performance.getEntriesByName('first-contentful-paint')"


class Visit(NamedTuple):
    """Addresses that were asked for; bytes as they came; how far things moved; milliseconds until the first paint."""

    addresses: list[str]
    bytes: float  # not money: a size
    shifted: float  # not money: a share of the screen
    painted: float  # not money: a time

    def __str__(self) -> str:
        return f"{len(self.addresses)} requests, {self.bytes:.0f} bytes, first paint after {self.painted:.0f} ms"


def visit(page: Page, address: str, ready: Callable[[Page], None]) -> Visit:
    """Opens a page for the first time, with an empty cache; `ready` returns when all of it is there."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    line.send("Network.emulateNetworkConditions", SLOW)
    asked, came = dict[str, str](), dict[str, float]()
    line.on("Network.requestWillBeSent", lambda said: asked.update({said["requestId"]: said["request"]["url"]}))
    line.on("Network.loadingFinished", lambda said: came.update({said["requestId"]: said["encodedDataLength"]}))
    page.add_init_script(SHIFTS)
    page.goto(address)
    ready(page)
    while not page.evaluate(f"{PAINTS}.length"):
        page.wait_for_timeout(20)
    shifted, painted = page.evaluate("window.shifted"), page.evaluate(f"{PAINTS}[0].startTime")
    line.detach()
    first = {id: url for id, url in asked.items() if not url.startswith("data:")}
    return Visit([*first.values()], sum(came.get(id, 0) for id in first), shifted, painted)
