"""The start page, the live bank, the shoppers; and how all looks on a phone and on a desk, by day and by night."""

from __future__ import annotations

import re

import pytest
from browsing import DESK, PHONE, Demo, Watched, start_demo, stop_demo
from playwright.sync_api import expect

from feiqian.testing import chromium

SMALLEST_TARGET = 44
# A link that covers its row is as large as the row.
TOO_SMALL = """(least) => [...document.querySelectorAll("button, a[href]:not(.skip), select, input")]
  .filter((target) => target.checkVisibility({ visibilityProperty: true }))
  .map((target) => [target.outerHTML, target.matches(".row .row-link") ? target.closest(".row") : target])
  .map(([html, covered]) => [html, covered.getBoundingClientRect()])
  .filter(([, box]) => box.width && box.height && Math.min(box.width, box.height) < least)
  .map(([html, box]) => `${html}: ${box.width} x ${box.height}`)"""


def test_the_start_page_leads_everywhere(demo: Demo, watched: Watched) -> None:
    start = watched.open(demo.base + "/", DESK)
    start.get_by_role("button", name="Open the till").click()
    expect(start.locator("#keypad")).to_be_visible()
    start.get_by_role("link", name="Home").click()
    start.get_by_role("button", name="Open phone, till and bank").click()
    expect(start.frame_locator(".pane-phone iframe").locator("#balance")).to_contain_text("¥")
    expect(start.frame_locator(".pane-till iframe").locator("#charge")).to_be_visible()
    expect(start.frame_locator(".pane-bank iframe").locator("#books")).to_have_text("Books balance")


def test_the_bank_is_live_and_its_books_balance(demo: Demo, watched: Watched, keep) -> None:
    bank = watched.open(demo.base + "/bank", DESK)
    before = bank.locator("#position").text_content() or ""
    bank.locator('[data-level="gentle"]').click()
    expect(bank.locator('[data-level="gentle"]')).to_have_attribute("aria-pressed", "true")
    expect(bank.locator("#position")).not_to_have_text(before, timeout=60_000)
    expect(bank.locator("#newest .row").nth(3)).to_be_visible(timeout=60_000)
    expect(bank.locator("#p99")).to_contain_text("ms")
    expect(bank.locator("#books")).to_have_text("Books balance")
    expect(bank.locator("#hash")).to_have_text(re.compile("[0-9a-f]{64}"))
    keep(bank, "bank-live")
    bank.locator('[data-level="off"]').click()
    expect(bank.locator('[data-level="off"]')).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_and_can_be_touched(demo: Demo, watched: Watched, keep, scheme: str) -> None:
    places = {
        "welcome": "/",
        "home": "/wallet",
        "wallet": "/wallet/pay",
        "me": "/me",
        "notices": "/inbox",
        "bank": "/bank",
        "messages": "/messages",
    }
    addresses = {name: demo.base + place for name, place in places.items()} | {"till": demo.till(5)}
    page = watched.phone(demo, 9, PHONE, scheme)
    for name, address in addresses.items():
        page.goto(address)
        page.evaluate("document.fonts.ready")
        for size, viewport in (("phone", PHONE), ("desk", DESK)):
            page.set_viewport_size(viewport)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} is {wide} pixels too wide on a {size}"
            assert page.evaluate(TOO_SMALL, SMALLEST_TARGET) == [], f"{name} on a {size}"
            keep(page, f"{name}-{size}-{scheme}")


def test_the_code_is_dark_on_white_at_night(demo: Demo, watched: Watched) -> None:
    phone = watched.phone(demo, 9, PHONE, "dark")
    colours = phone.evaluate(
        "[getComputedStyle(document.querySelector('.pass-code')).backgroundColor,"
        " getComputedStyle(document.querySelector('#qr path')).fill]"
    )
    assert colours == ["rgb(255, 255, 255)", "rgb(10, 12, 24)"]


def test_the_balance_can_be_hidden_and_stays_hidden(demo: Demo, watched: Watched) -> None:
    phone = watched.phone(demo, 9)
    phone.locator("#hide").click()
    expect(phone.locator("#balance")).to_have_text("••••••")
    phone.reload()
    expect(phone.locator("#balance")).to_have_text("••••••")


def test_long_names_do_not_break_the_pages(demo: Demo, watched: Watched) -> None:
    name = "The Most Honourable Company of Rice-and-Noodle Cooks of Old Town 锦绣江南美食有限责任公司"
    page = watched.phone(demo, 9)
    for address, selector in ((page.url, "h1"), (demo.till(5), "h1"), (demo.till(5), ".shop p")):
        page.goto(address)
        page.locator(selector).first.evaluate("(element, name) => (element.textContent = name)", name)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_without_motion_nothing_moves(demo: Demo, watched: Watched) -> None:
    page = watched.open(demo.base + "/bank", reduced_motion="reduce")
    assert page.evaluate("document.getAnimations().length") == 0


def test_who_is_not_there_gets_a_page_that_says_so(demo: Demo, watched: Watched) -> None:
    page = watched.open(demo.base + "/nowhere")
    expect(page.get_by_role("heading")).to_have_text("Not here")
    watched.complaints.clear()  # the browser complains of the 404 itself


def test_a_demo_keeps_its_money_between_runs_and_says_when_the_port_is_taken(tmp_path, browser, capfd) -> None:
    first = start_demo(tmp_path)
    second = tmp_path / "second"
    second.mkdir()
    with pytest.raises(AssertionError, match="is a demo running already"):
        start_demo(second, int(first.base.rsplit(":", 1)[1]))
    assert stop_demo(first) == 0
    again = start_demo(tmp_path)
    page = browser.new_page()
    page.goto(again.base + "/")
    expect(page.locator(".lead")).to_contain_text("10,000 customers")
    page.close()
    assert stop_demo(again) == 0


def test_pages_are_drawn_with_the_letters_of_a_phone(demo: Demo, watched: Watched) -> None:
    page = watched.open(demo.base + "/")
    devtools = page.context.new_cdp_session(page)
    devtools.send("DOM.enable")
    devtools.send("CSS.enable")
    root = devtools.send("DOM.getDocument")["root"]["nodeId"]
    heading = devtools.send("DOM.querySelector", {"nodeId": root, "selector": "h1"})["nodeId"]
    fonts = devtools.send("CSS.getPlatformFontsForNode", {"nodeId": heading})["fonts"]
    assert [font["familyName"] for font in fonts] == [chromium.FONT]


def test_code_is_drawn_in_letters_of_one_width_and_nothing_else_is(demo: Demo, watched: Watched) -> None:
    page = watched.open(demo.base + "/")
    widths = """(name) => {
      const family = getComputedStyle(document.documentElement).getPropertyValue(name) || name;
      const pen = document.createElement("canvas").getContext("2d");
      pen.font = `20px ${family}`;
      return [..."iWl0"].map((letter) => pen.measureText(letter).width);
    }"""
    for name in ("--mono", "monospace", "ui-monospace, monospace"):
        assert len(set(page.evaluate(widths, name))) == 1, name
    for name in ("--sans", "sans-serif", "system-ui"):
        assert len(set(page.evaluate(widths, name))) > 1, name
