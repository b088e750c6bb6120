"""The money lock: closed by a tap, met by a payment, opened with three answers and a wait, and kept after all."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from browsing import DESK, PHONE, Demo, Watched
from cashier import answered, key_in, paste, unused_code
from persons import demo_person, forgive
from playwright.sync_api import Page, expect

Keep = Callable[[Page, str], None]


@pytest.mark.parametrize(("place", "viewport", "locale"), [(2, PHONE, "en"), (3, DESK, "zh-CN"), (5, PHONE, "es")])
def test_what_is_locked_is_not_spent_and_its_owner_is_told_why(
    demo: Demo, watched: Watched, keep: Keep, place: int, viewport: dict[str, int], locale: str
) -> None:
    she = demo_person(watched, demo, place, viewport=viewport, locale=locale)
    lock = she.page.locator('form[action="/locks"]')
    minor = Decimal(re.sub(r"\D", "", she.page.locator("#balance").inner_text()))
    she.go("/locks")
    lock.locator("#f-amount").fill("1000000")
    lock.locator(".button").click()
    expect(she.page.locator("#e-amount")).to_be_visible()
    forgive(watched, 422)
    lock.locator("#f-amount").fill(str(minor.scaleb(-2) - 10))
    lock.locator(".button").click()
    expect(she.page.locator('.row[data-state="locked"]')).to_have_count(1)
    keep(she.page, f"locks-{locale}")
    she.go("/wallet/pay")
    till = watched.open(demo.till(0))
    key_in(till, "2000")
    paste(till, unused_code(she.page))
    answered(till, "declined")
    expect(till.locator("#main")).not_to_contain_text("lock")
    expect(she.page.locator('[data-why="lock"]')).to_be_visible()


def test_it_opens_with_three_answers_and_is_kept_with_none(demo: Demo, watched: Watched, keep: Keep) -> None:
    she = demo_person(watched, demo, 6)
    she.go("/locks")
    she.page.locator("#f-amount").fill("12.50")
    she.page.locator('form[action="/locks"] .button').click()
    she.page.locator('form[action$="/open"] button').click()
    she.answer(she.password)
    she.answer_pin()
    she.answer_sms()
    expect(she.page.locator('.row[data-state="opening"]')).to_have_count(1)
    keep(she.page, "lock-opening")
    she.page.locator('form[action$="/keep"] button').click()
    expect(she.page.locator('.row[data-state="locked"]')).to_have_count(1)
    she.go("/messages")
    expect(she.page.locator(".letter").filter(has_text="¥12.50").first).to_be_visible()
