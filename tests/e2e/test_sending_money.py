"""Two people at once: one sends money, the other's open page shows it by itself; on phones, with scripts and keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain

import pytest
from browsing import DESK, PHONE, Demo, Watched
from persons import Person, demo_person, forgive
from playwright.sync_api import Page, expect
from test_accessibility import OPTIONS, findings
from touring import giving, planning, sending

Keep = Callable[[Page, str], None]


def name_payee(she: Person, mobile: str, name: str) -> None:
    she.go("/wallet")
    she.page.locator('a[href="/transfers/new"]').first.click()
    she.page.locator("#f-payee").fill(mobile)
    she.page.locator("#f-name").fill(name)
    she.page.locator('form[action="/transfers/new"] .button').click()


@pytest.mark.parametrize(
    ("place", "viewport", "scheme", "locale"),
    [(10, PHONE, "light", "en"), (15, PHONE, "dark", "zh-CN"), (14, DESK, "light", "es")],
)
def test_money_is_sent_and_the_other_sees_it_at_once(
    demo: Demo, watched: Watched, keep: Keep, place: int, viewport: dict[str, int], scheme: str, locale: str
) -> None:
    he = demo_person(watched, demo, 20 + place % 3)
    he.go("/wallet")
    before = he.page.locator("#main").inner_text()
    she = demo_person(watched, demo, place, viewport=viewport, scheme=scheme, locale=locale)
    she.page.goto(f"{demo.base}/transfers/new")
    keep(she.page, f"send-whom-{locale}")
    name_payee(she, he.mobile, "Nobody Here")
    expect(she.page.locator(".notice-bad")).to_be_visible()
    keep(she.page, f"send-no-match-{locale}")
    name_payee(she, he.mobile, he.name)
    keep(she.page, f"send-match-{locale}")
    expect(she.page.locator(".notice-good")).to_be_visible()
    she.page.locator("#f-amount").fill("0")
    she.page.locator("form.form .button").click()
    expect(she.page.locator("#e-amount")).to_be_visible()
    forgive(watched, 422)
    keep(she.page, f"send-wrong-{locale}")
    she.page.locator("#f-amount").fill("12.34")
    she.page.locator("#f-message").fill("Thank you for dinner 晚饭")
    keep(she.page, f"send-amount-{locale}")
    she.page.locator("form.form .button").click()
    expect(she.page.locator(".paying-amount")).to_be_in_viewport()  # nothing has scrolled past what is warned of
    keep(she.page, f"send-confirm-{locale}")
    she.answer_pin()
    expect(she.page.locator('[data-outcome="succeeded"]')).to_be_visible()
    keep(she.page, f"send-done-{locale}")
    expect(he.page.locator("#main")).not_to_have_text(before)
    he.go(re.sub(".*(/transfers/)", r"\1", she.page.url))
    expect(he.page.locator("#main")).to_contain_text("Thank you for dinner 晚饭")
    keep(he.page, f"send-came-{locale}")
    he.page.locator('form[action$="/report"] button').click()
    expect(he.page.locator(".notice-good")).to_be_visible()
    keep(he.page, f"send-reported-{locale}")


def fits_and_is_accessible(page: Page, name: str, keep: Keep) -> None:
    """In a window of 1,280 pixels at 400 % (WCAG 2.2, 1.4.10), and on a phone at 200 %."""
    found = list(findings(page, name, keep))
    for width in (320, PHONE["width"] // 2):
        page.set_viewport_size({"width": width, "height": 640})
        if page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") > 0:
            found.append(f"{name}: wider than {width} pixels")
        keep(page, f"{name}-{width}")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert found == []


def test_its_pages_are_accessible_and_fit_when_they_are_enlarged(demo: Demo, watched: Watched, keep: Keep) -> None:
    she, he = demo_person(watched, demo, 16, **OPTIONS), demo_person(watched, demo, 22)
    for name in chain(sending(she, he), planning(she, he), giving(she, he)):
        fits_and_is_accessible(she.page, name, keep)
    watched.complaints.clear()  # of the pages that ask again


def test_money_is_sent_with_the_keyboard_alone(demo: Demo, watched: Watched) -> None:
    she, he = demo_person(watched, demo, 17, viewport=DESK), demo_person(watched, demo, 22)
    page = she.page
    she.go("/transfers/new")
    page.locator("#f-payee").focus()
    for text in (he.mobile, he.name):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#f-amount")).to_be_visible()
    page.locator("#f-amount").focus()
    page.keyboard.type("1.50")
    page.keyboard.press("Enter")
    page.locator("#f-answer").focus()
    page.keyboard.type(she.pin)
    page.keyboard.press("Enter")
    expect(page.locator('[data-outcome="succeeded"]')).to_be_visible()
