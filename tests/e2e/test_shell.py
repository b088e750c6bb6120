"""Home, Me and the notices in a browser: true by themselves, with amounts or dots, by keyboard and enlarged."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from browsing import DESK, PHONE, Demo, Watched
from cashier import answered, balance, key_in, paste, unused_code
from persons import SLOW, demo_person
from playwright.sync_api import Page, expect
from test_accessible import ALL, findings

Keep = Callable[[Any, str], None]
PAGES = (
    *("/wallet", "/me", "/inbox", "/inbox/receipts", "/me/notices", "/wallet/accounts"),
    *("/accounts/transfer", "/payees/alias"),
)
CHOOSING = ("/accounts/transfer", "/activity?way=out", "/locks", "/me/notices", "/statements")
CUT = """[...document.querySelectorAll("select")].flatMap((select) => {
  const style = getComputedStyle(select), pen = document.createElement("canvas").getContext("2d");
  pen.font = style.font;
  const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return [...select.options].map((option) => option.text).filter((text) => pen.measureText(text).width > room);
})"""
ENLARGED = {"width": 195, "height": 422}  # a phone at 200 %
DOTS = "••••••"
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def pay(demo: Demo, watched: Watched, page: Page, digits: str) -> Page:
    """At a till, with the code that another page of the same phone shows. Returns the till."""
    code = page.context.new_page()
    code.goto(f"{demo.base}/wallet/pay")
    till = watched.open(demo.till(3), DESK)
    key_in(till, digits)
    paste(till, unused_code(code))
    code.close()
    return till


def test_home_shows_a_payment_by_itself_and_asks_what_waits(demo: Demo, watched: Watched, keep: Keep) -> None:
    he = demo_person(watched, demo, 20)
    page = he.page
    he.go("/wallet")
    before = balance(page)
    answered(pay(demo, watched, page, "1850"), "succeeded")
    page.bring_to_front()
    expect(page.locator(".sheet-body.paid")).to_contain_text("18.50", timeout=SLOW)
    keep(page, "home-paid")
    page.locator(".sheet [data-close]").click()
    expect(page.locator("#lately .row").first).to_contain_text("18.50")
    assert str(before - balance(page)) == "18.50"
    till = pay(demo, watched, page, "130000")
    answered(till, "needs_verification")
    page.bring_to_front()
    expect(page.locator(".sheet-body.waiting")).to_be_visible(timeout=SLOW)
    page.keyboard.press("Escape")
    keep(page, "home-asks")
    expect(page.locator("#attention .waiting-card")).to_contain_text("1,300.00")
    till.locator('[data-do="cancel"]').click()
    expect(page.locator("#attention .waiting-card")).to_have_count(0, timeout=SLOW)


def test_amounts_that_were_hidden_come_as_dots_at_once(demo: Demo, watched: Watched) -> None:
    page = watched.phone(demo, 21)
    page.goto(f"{demo.base}/wallet")
    with page.expect_response(lambda answer: answer.url.endswith("/wallet/hide")):
        page.locator("#hide").click()
    expect(page.locator("#balance")).to_have_text(DOTS)
    asked = page.context.request.get(f"{demo.base}/wallet", headers={"Accept": "text/html"}).text()
    assert re.search(rf'id="balance"[^>]*>\s*<span[^>]*>{DOTS}<', asked), "before any script runs"
    page.reload()
    expect(page.locator("#balance")).to_have_text(DOTS)
    page.goto(f"{demo.base}/wallet/pay")
    expect(page.locator("#balance")).to_have_text(DOTS)
    page.goto(f"{demo.base}/wallet")
    page.locator("#hide").click()
    expect(page.locator("#balance")).to_contain_text("¥")


@pytest.mark.parametrize("viewport", [PHONE, ENLARGED, DESK], ids=["phone", "enlarged", "desk"])
def test_every_page_fits_and_the_tab_bar_covers_nothing(
    demo: Demo, watched: Watched, keep: Keep, viewport: dict[str, int]
) -> None:
    page = watched.phone(demo, 22, viewport, bypass_csp=True)
    for path in PAGES:
        page.goto(demo.base + path)
        assert page.evaluate(WIDE) <= 0, path
        assert findings(page, ALL) == []
        page.keyboard.press("End")
        last = page.locator("main a, main button, footer button").last
        last.scroll_into_view_if_needed()
        last.focus()
        assert page.evaluate(
            "(() => { const e = document.activeElement, r = e.getBoundingClientRect();"
            " const top = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);"
            " return !!top && (e.contains(top) || top.contains(e)) })()"
        ), f"{path}: the last of it is covered"
        keep(page, f"shell{path.replace('/', '-')}-{viewport['width']}")


@pytest.mark.parametrize("language", ["en", "zh-CN", "es"])
def test_no_choice_is_cut_on_a_phone(demo: Demo, watched: Watched, language: str) -> None:
    page = watched.phone(demo, 5, PHONE, locale=language)  # with accounts besides the wallet
    for path in CHOOSING:
        page.goto(demo.base + path)
        expect(page.locator("select").first).to_be_visible()
        assert page.evaluate(CUT) == [], path


def test_the_tabs_lead_on_by_keyboard_and_say_where_one_is(demo: Demo, watched: Watched) -> None:
    page = watched.phone(demo, 23)
    page.goto(f"{demo.base}/wallet")
    for name, path in (("Pay", "/wallet/pay"), ("Me", "/me"), ("Home", "/wallet")):
        tab = page.locator(".tabs").get_by_role("link", name=name, exact=True)
        tab.focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(demo.base + path)
        expect(page.locator('.tabs [aria-current="page"]')).to_have_text(name)
        expect(page.locator('.tabs [aria-current="page"]')).to_have_count(1)


def test_a_notice_is_opened_and_the_bell_counts_without_it(demo: Demo, watched: Watched, keep: Keep) -> None:
    page = watched.phone(demo, 18)
    page.goto(f"{demo.base}/security")
    page.locator('form[action="/security/freeze"] button').click()
    expect(page.locator(".notice-good")).to_be_visible()
    page.goto(f"{demo.base}/wallet")
    count = int(page.locator(".bell-count").inner_text())
    page.locator(".bell").click()
    expect(page.locator(".notice-card.is-new")).to_have_count(count)
    keep(page, "notices")
    page.locator(".notice-act").first.click()
    expect(page).to_have_url(f"{demo.base}/security")
    page.goto(f"{demo.base}/inbox")
    expect(page.locator(".notice-card.is-new")).to_have_count(count - 1)
    page.goto(f"{demo.base}/wallet")
    expect(page.locator(".bell")).to_be_visible()
    expect(page.locator(".bell-count")).to_have_text([str(count - 1)] if count > 1 else [])
