"""Limits that people understand: lowered by a tap, met by a payment that says why, raised with proof and a wait."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browsing import DESK, PHONE, Demo, Watched
from cashier import answered, key_in, paste, unused_code
from persons import demo_person
from playwright.sync_api import Page, expect

Keep = Callable[[Page, str], None]


@pytest.mark.parametrize(
    ("place", "viewport", "locale", "limit"),
    [(2, PHONE, "en", "all/day"), (3, DESK, "zh-CN", "code/month"), (5, PHONE, "es", "code/payment")],
)
def test_a_limit_is_lowered_met_raised_and_kept(
    demo: Demo, watched: Watched, keep: Keep, place: int, viewport: dict[str, int], locale: str, limit: str
) -> None:
    she = demo_person(watched, demo, place, viewport=viewport, locale=locale)
    name = "limit_" + limit.replace("/", "_")
    row = she.page.locator(f'[data-limit="{name}"]')

    def ask(amount: str) -> None:
        she.go(f"/limits/CNY/{limit}")
        she.page.locator("#f-amount").fill(amount)
        she.page.locator("#main form.form .button").first.click()

    ask("15")
    expect(she.page.locator(".notice-good")).to_be_visible()
    expect(row).to_contain_text("15")
    she.go("/wallet/pay")
    till = watched.open(demo.till(0))
    key_in(till, "2000")
    paste(till, unused_code(she.page))
    answered(till, "declined")
    expect(she.page.locator('[data-why="limit"]')).to_contain_text("15")
    keep(she.page, f"limit-met-{locale}")
    ask("30")
    she.answer(she.password)
    she.answer_pin()
    she.answer_sms()
    expect(row.locator("form")).to_have_count(1)
    keep(she.page, f"limit-rises-{locale}")
    row.locator("form button").click()
    expect(row.locator("form")).to_have_count(0)
    expect(row).to_contain_text("15")
