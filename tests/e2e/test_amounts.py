"""Amounts at the till in other languages: shown as people write them, and never misread when they type them."""

from __future__ import annotations

import pytest
from browsing import DESK, Demo, Watched
from cashier import answered, key_in
from playwright.sync_api import Page, expect

READ = "async ([text, decimals]) => (await import(document.querySelector('script[src*=\"/js/till\"]').src.replace('till.js', 'keypad.js'))).typedAmount(text, decimals)"  # noqa: E501  # one expression of the browser


@pytest.mark.parametrize(
    ("locale", "typed", "decimals", "meant"),
    [
        ("en-GB", "15.5", 2, "15.5"),
        ("en-GB", "15,5", 2, "15.5"),
        ("en-GB", "1,234.50", 2, "1234.50"),
        ("en-GB", "1,234", 2, "1234"),
        ("es-ES", "15,5", 2, "15.5"),
        ("es-ES", "15.5", 2, "15.5"),
        ("es-ES", "1.234,50", 2, "1234.50"),
        ("es-ES", "1.234", 2, "1234"),
        ("es-ES", "1,234", 2, "1,234"),  # which the server refuses
        ("es-ES", "1.234", 0, "1234"),
        ("zh-CN", " 1 200 ", 0, "1200"),
        ("zh-CN", "12,3,4", 2, "12,3,4"),
    ],
)
def test_what_a_cashier_types_is_never_another_amount(
    demo: Demo, watched: Watched, locale: str, typed: str, decimals: int, meant: str
) -> None:
    till = watched.open(demo.till(), locale=locale)
    assert till.evaluate(READ, [typed, decimals]) == meant


def refund(till: Page, amount: str) -> None:
    till.locator("[data-refund]").first.click()
    expect(till.locator("#refund-amount")).to_have_value("40,00")
    till.locator("#refund-amount").fill(amount)
    till.locator("#refund-do").click()


def test_a_spanish_till_speaks_spanish_and_gives_back_what_was_typed(demo: Demo, watched: Watched) -> None:
    till = watched.open(demo.till(7, beside=10), DESK, locale="es-ES")
    for digit in "4000":
        till.locator(f'[data-key="{digit}"]').click()
    expect(till.locator("#charge")).to_have_text("Cobrar 40,00\u00a0¥")
    till.locator("#charge").click()
    till.locator("#beside").click()
    answered(till, "succeeded")
    expect(till.locator(".outcome-amount")).to_have_text("40,00\u00a0¥")
    refund(till, "15,5")
    expect(till.locator("#refund-problem")).to_have_text("Devueltos 15,50\u00a0¥.")


def test_a_declined_payment_is_explained_in_the_cashiers_language(demo: Demo, watched: Watched) -> None:
    poor = demo.names.index("Sam Short")
    till = watched.open(demo.till(7, beside=poor), locale="zh-CN")
    key_in(till, "9900")
    till.locator("#beside").click()
    answered(till, "declined")
    expect(till.locator(".outcome-text.strong")).to_contain_text("余额")
