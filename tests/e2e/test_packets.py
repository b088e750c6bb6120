"""Red packets on phones: made by one, opened by two others at once, and looked at by the checker of accessibility."""

from __future__ import annotations

from urllib.parse import urlsplit

from browsing import PHONE, Demo, Watched
from persons import demo_person
from playwright.sync_api import Page, expect
from test_accessible import COLOURS, findings

GIVER, TAKERS = 14, (15, 16)  # places among the demo's people
SETTLED = "Promise.all(document.getAnimations().map((one) => one.finished))"  # colours that change by and by
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def looked_at(page: Page) -> None:
    """By day and by night, on a narrow phone and at twice the size of letters."""
    page.evaluate(SETTLED)
    assert findings(page) == []
    page.emulate_media(color_scheme="dark")
    page.evaluate(SETTLED)
    assert findings(page, COLOURS) == []
    page.emulate_media(color_scheme="light")
    for width in (360, PHONE["width"] // 2):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate(WIDE) <= 0, f"{page.url} at {width}"
    page.set_viewport_size(PHONE)


def test_a_packet_is_made_by_one_and_opened_by_two_at_once(demo: Demo, watched: Watched) -> None:
    giver = demo_person(watched, demo, GIVER, bypass_csp=True, reduced_motion="reduce")
    page = giver.page
    giver.go("/packets")
    looked_at(page)
    page.locator("a.gift[href='/packets/new']").click()
    page.locator("#f-shares").fill("2")
    page.locator("#f-amount").fill("12.34")
    page.locator("#f-message").fill("Happy New Year")
    looked_at(page)
    page.locator(".form button.button").click()
    giver.answer_pin()
    link = page.locator(".share-packet code")
    expect(link).to_contain_text("/packets/rpk_")
    looked_at(page)
    parts = urlsplit(link.get_attribute("title") or "")
    takers = [watched.phone(demo, place, bypass_csp=True, reduced_motion="reduce") for place in TAKERS]
    for one in takers:
        one.goto(f"{demo.base}{parts.path}?{parts.query}")
        expect(one.locator(".envelope")).to_contain_text("Happy New Year")
    looked_at(takers[0])
    for one in takers:
        one.locator(".open-packet").focus()
        one.keyboard.press("Enter")
    for one in takers:
        expect(one.locator(".envelope-amount")).to_contain_text("¥")
    looked_at(takers[1])
    page.reload()
    expect(page.locator(".envelope")).to_have_attribute("data-state", "gone")
    expect(page.locator(".gift-row")).to_have_count(2)
    expect(page.get_by_text("¥12.34 of ¥12.34 opened")).to_be_visible()
