"""Quick payment that its owner has paused, or set low: what whoever pays sees, and how it goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browsing import DESK, PHONE, Demo, Watched
from persons import Person, demo_person
from playwright.sync_api import Page, expect

Keep = Callable[[Page, str], None]
LOOKS = [(0, PHONE, "zh-CN", "dark"), (1, DESK, "es", "light"), (2, PHONE, "en", "light")]
looks = pytest.mark.parametrize(("place", "viewport", "locale", "scheme"), LOOKS, ids=[look[2] for look in LOOKS])


def guest(watched: Watched, she: Person, **options: object) -> Page:
    """A browser that nobody is signed in with, at a bill that is not paid yet; mobile number and digits are given."""
    page = watched.open(f"{she.demo.base}/bills", **options)  # type: ignore[arg-type]
    page.locator(".payers summary").click()
    six = page.locator(".payers tr").filter(has_text=she.name).first.locator("td").nth(2).inner_text()
    page.locator(".bill .mini").first.click()
    begin(page, she, six)
    return page


def begin(page: Page, she: Person, six: str) -> None:
    page.locator("#f-mobile").fill(she.national)
    page.locator("#f-account").fill(six)
    page.locator("#main form.form .button").click()
    expect(page.locator("#f-answer")).to_be_focused()


def enter(page: Page, code: str) -> None:
    page.locator("#f-answer").fill(code)
    page.locator('#answering button[value="answer"]').click()


def outcome(page: Page, word: str) -> None:
    expect(page.locator(f'[data-outcome="{word}"]')).to_be_visible()


@looks
def test_what_is_paused_pays_nothing_until_its_owner_resumes_it(
    demo: Demo, watched: Watched, keep: Keep, place: int, viewport: dict[str, int], locale: str, scheme: str
) -> None:
    she = demo_person(watched, demo, place, viewport=viewport, locale=locale, scheme=scheme)
    payer = guest(watched, she, viewport=viewport, locale=locale, scheme=scheme)
    she.go("/quick/accounts")
    card = she.page.locator("[data-quick]").first
    card.locator('button[value="pause"]').click()
    expect(card).to_have_attribute("data-quick", "paused")
    keep(she.page, f"quick-paused-owner-{locale}")
    enter(payer, she.code())
    outcome(payer, "not_open")
    expect(payer.locator('main a[href="/quick"]')).to_be_visible()
    keep(payer, f"quick-paused-payer-{locale}")
    card.locator('button[value="open"]').click()
    she.answer_pin()
    she.answer_sms()
    expect(card).to_have_attribute("data-quick", "open")
    keep(she.page, f"quick-resumed-{locale}")


@looks
def test_a_low_limit_of_quick_payment_is_met_by_whoever_pays_and_named(
    demo: Demo, watched: Watched, keep: Keep, place: int, viewport: dict[str, int], locale: str, scheme: str
) -> None:
    she = demo_person(watched, demo, place + 3, viewport=viewport, locale=locale, scheme=scheme)
    payer = guest(watched, she, viewport=viewport, locale=locale, scheme=scheme)
    span = ("payment", "day", "month")[place]
    she.go(f"/limits/CNY/quick/{span}")
    she.page.locator("#f-amount").fill("20")
    she.page.locator("#main form.form .button").first.click()
    expect(she.page.locator(".notice-good")).to_be_visible()
    enter(payer, she.code())
    outcome(payer, "declined")
    keep(payer, f"quick-limit-payer-{locale}")
    she.go(f"/confirm/{payer.locator('.reference').inner_text()}")
    expect(she.page.locator('[data-why="limit"]')).to_contain_text("20")
    expect(she.page.locator(".receipt")).not_to_contain_text("qpy_")
    keep(she.page, f"quick-limit-owner-{locale}")
