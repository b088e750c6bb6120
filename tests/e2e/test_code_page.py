"""The page that pays: over the whole screen at a tap, nothing of the code while it is not in front, paid by itself."""

from __future__ import annotations

import re

import pytest
from browsing import DESK, PHONE, Demo, Watched
from cashier import answered, key_in, paste, unused_code
from persons import SLOW
from playwright.sync_api import Page, expect
from test_accessible import findings

from feiqian.scanning.pictures import codes_in

HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  const state = hidden ? "hidden" : "visible";
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def paying(watched: Watched, demo: Demo, place: int, *looks: object, **options: object) -> Page:
    page = watched.phone(demo, place, *looks, **options)  # type: ignore[arg-type]
    page.goto(f"{demo.base}/wallet/pay")
    expect(page.locator("#full-open")).to_be_enabled()
    return page


def test_the_code_fills_the_screen_at_a_tap_and_is_read_there(demo: Demo, watched: Watched, keep) -> None:
    phone = paying(watched, demo, 0)
    phone.locator("#full-open").click()
    expect(phone.locator("#full")).to_be_visible()
    expect(phone.locator("#full")).to_contain_text("brightness")
    keep(phone, "code-full-screen")
    wide = phone.locator("#full-qr").bounding_box()
    assert wide is not None
    assert wide["width"] > 0.85 * PHONE["width"]
    while not (found := codes_in(phone.locator("#full").screenshot(animations="disabled"))):
        pass  # between two codes
    assert re.fullmatch(r"88\d{18}", found[0])
    phone.keyboard.press("Escape")
    expect(phone.locator("#full")).to_be_hidden()
    phone.locator("#full-open").click()
    phone.locator("#full-digits, .full-digits").first.click()
    expect(phone.locator("#full")).to_be_hidden()


def test_what_is_paid_says_so_over_the_code_by_itself(demo: Demo, watched: Watched, keep) -> None:
    phone, till = paying(watched, demo, 1), watched.open(demo.till(1))
    phone.locator("#full-open").click()
    key_in(till, "2150")
    paste(till, unused_code(phone))
    answered(till, "succeeded")
    expect(phone.locator(".sheet-title")).to_have_text("Paid ¥21.50", timeout=SLOW)
    expect(phone.locator(".sheet-text").first).to_contain_text("Lotus Noodles")
    expect(phone.locator("#full")).to_be_hidden()
    keep(phone, "paid-by-itself")


def test_nothing_of_the_code_is_seen_while_the_page_is_not_in_front(demo: Demo, watched: Watched) -> None:
    phone = paying(watched, demo, 2)
    unused_code(phone)
    phone.evaluate(HIDE, True)
    for place in ("#qr", "#bars", "#digits-text"):
        expect(phone.locator(place)).to_be_hidden()
    assert codes_in(phone.locator("#code").screenshot(animations="disabled")) == []
    phone.evaluate(HIDE, False)
    expect(phone.locator("#qr")).to_be_visible()
    unused_code(phone)


def test_the_source_is_shown_and_changed(demo: Demo, watched: Watched) -> None:
    phone = paying(watched, demo, 3)
    source = phone.locator("summary.paid-from")
    expect(source).to_contain_text("Wallet")
    source.click()
    other = phone.locator(".paid-from-choice button").first
    expect(other).to_be_visible()
    name = other.locator("b").inner_text()
    other.click()
    expect(source).to_contain_text(name)
    expect(phone).to_have_url(f"{demo.base}/wallet/pay")
    source.click()
    phone.get_by_role("link", name="Order of all accounts").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Pay from")


@pytest.mark.parametrize(("scheme", "viewport"), [("light", PHONE), ("dark", PHONE), ("light", DESK)])
def test_it_is_good_for_everybody(demo: Demo, watched: Watched, scheme: str, viewport: dict[str, int]) -> None:
    page = paying(watched, demo, 4, viewport, scheme, reduced_motion="reduce", bypass_csp=True)
    page.locator("summary.paid-from").click()
    expect(page.locator(".paid-from-choice form")).to_be_visible()
    assert findings(page) == []
    page.locator("#full-open").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#full")).to_be_visible()
    assert findings(page) == []
    for width in (viewport["width"], 360, 195):
        page.set_viewport_size({"width": width, "height": viewport["height"]})
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert page.evaluate("(full) => full.scrollWidth <= full.clientWidth", page.locator("#full").element_handle())
