"""An automatic checker (axe) finds nothing serious on the demo's pages and the wallet, by day and by night."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import DESK, PHONE, Demo, Watched
from playwright.sync_api import Page

SERIOUS = ("serious", "critical")
ALL = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}


COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}  # all that changes at night


def findings(page: Page, rules: dict[str, Any] = ALL) -> list[str]:
    violations = Axe().run(page, options=rules).response["violations"]
    return [
        f"{page.url}: {found['id']}: {node['html'][:120]}"
        for found in violations
        if found["impact"] in SERIOUS
        for node in found["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_nothing_serious_is_found(demo: Demo, watched: Watched, viewport: dict[str, int], scheme: str) -> None:
    page = watched.phone(demo, 11, viewport, scheme, reduced_motion="reduce", bypass_csp=True)
    rules = ALL if scheme == "light" else COLOURS
    found = findings(page, rules)
    for place in ("/wallet", "/me", "/inbox", "/", "/bank", "/messages", demo.till(5)):
        page.goto(place if place.startswith("http") else demo.base + place)
        found += findings(page, rules)
    assert found == []


def test_the_keyboard_reaches_the_content_and_every_switch(demo: Demo, watched: Watched) -> None:
    page = watched.phone(demo, 11, DESK)
    page.goto(f"{demo.base}/me")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    seen = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.textContent.trim()"))
        box = page.evaluate(
            "(() => { const e = document.activeElement, r = e.getBoundingClientRect();"
            " const top = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);"
            " return !top || e.contains(top) || top.contains(e) || top.tagName === 'use' })()"
        )
        assert box, "what has the focus is covered"
    wanted = {"Home", "Pay", "Security", "Identity", "Accounts", "Sign out", "中文"}
    assert {want for want in wanted if not any(text.startswith(want) for text in seen)} == set()
