"""What the wallet's pages weigh on a phone over a thin line, opened for the first time."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import PHONE, Demo, Watched
from playwright.sync_api import Page, expect
from thin_line import visit

MOST_BYTES = 150_000  # without pictures
BLOCKED = "Service Worker registration blocked by Playwright"  # it would serve from what it keeps
PAGES = {
    "home": "/wallet",
    "pay": "/wallet/pay",
    "activity": "/activity",
    "statements": "/statements",
    "inbox": "/inbox",
    "me": "/me",
    "scan": "/scan",
    "transfer": "/transfers/new",
    "schedules": "/scheduled",
    "requests": "/requests",
    "receive": "/receive",
    "splits": "/splits",
    "packets": "/packets",
}


def whole(page: Page) -> None:
    page.wait_for_load_state("load")
    expect(page.locator("h1").first).to_be_attached()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_wallet_is_light(demo: Demo, watched: Watched, name: str, record_property: Any) -> None:
    page = watched.phone(demo, 12, viewport=PHONE, service_workers="block").context.new_page()
    first = visit(page, f"{demo.base}{PAGES[name]}", whole)
    watched.complaints = [said for said in watched.complaints if said != BLOCKED]
    assert page.url == f"{demo.base}{PAGES[name]}"
    assert 1_000 < first.bytes <= MOST_BYTES, first
    assert first.shifted < 0.05, "what was read moves under the finger"
    record_property("first_contentful_paint_ms", round(first.painted))  # told, not judged: the machine has more to do
    print(f"{name}: {first}, moved by {first.shifted:.3f}")
