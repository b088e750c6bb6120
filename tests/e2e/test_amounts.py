"""Amounts at the till in other languages: shown as people write them, and never misread when they type them."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import DESK, Demo, Watched
from cashier import answered, key_in
from playwright.sync_api import Page, expect

READ = "async ([text, decimals]) => (await import(document.querySelector('script[src*=\"/js/till\"]').src.replace('till.js', 'amounts.js'))).typedAmount(text, decimals)"  # noqa: E501  # one expression of the browser


Rows = list[tuple[Any, ...]]  # locale, what is typed, decimals of the currency, what is meant
LOCALES = ("en-GB", "es-ES", "zh-CN")


def told(demo: Demo, watched: Watched, locale: str, script: str, rows: Rows) -> Rows:
    """The rows of this language, each with what a till's script makes of what was typed."""
    till = watched.open(demo.till(), locale=locale)
    own = [row for row in rows if row[0] == locale]
    return [(*row[:3], till.evaluate(script, [row[1], row[2]])) for row in own]


TYPED: Rows = [
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
    ("en-GB", "1,234", 3, ""),  # a thousand, or a thousandth of it: which the server refuses
    ("es-ES", "1.234", 3, ""),
    ("es-ES", "1,234", 3, "1.234"),
]


@pytest.mark.parametrize("locale", LOCALES)
def test_what_a_cashier_types_is_never_another_amount(demo: Demo, watched: Watched, locale: str) -> None:
    assert told(demo, watched, locale, READ, TYPED) == [row for row in TYPED if row[0] == locale]


KEYED = READ.replace("typedAmount", "keyed")


KEYED_ROWS: Rows = [
    ("en-GB", "125", 2, 1_25),  # from the right, as on every cash register
    ("en-GB", "12.5", 2, 12_50),
    ("en-GB", "12,5", 2, 12_50),
    ("es-ES", "12.5", 2, 12_50),
    ("en-GB", "12.", 2, 12_00),
    ("en-GB", ".5", 2, 50),
    ("en-GB", "12.50", 2, 12_50),
    ("en-GB", "12.505", 2, None),
    ("en-GB", "1.2.3", 2, None),
    ("en-GB", "1,234", 2, None),
    ("en-GB", "1.234,5", 2, None),
    ("en-GB", "1,234.5", 2, 1_234_50),
    ("es-ES", "1.234,5", 2, 1_234_50),
    ("es-ES", "1,234.5", 2, None),
    ("en-GB", "12-5", 2, None),
    ("en-GB", "12.5", 0, None),
    ("en-GB", "125", 0, 125),
    ("en-GB", "12.5", 3, 12_500),
    ("en-GB", "1.234", 3, 1_234),
    ("en-GB", "1,234", 3, None),
    ("es-ES", "1.234", 3, None),
    ("en-GB", "12345678901", 2, None),  # one more than fits: left out, it would be a tenth
    ("en-GB", "123456789.5", 2, None),
]


@pytest.mark.parametrize("locale", LOCALES[:2])
def test_what_is_keyed_in_is_that_amount_or_none(demo: Demo, watched: Watched, locale: str) -> None:
    assert told(demo, watched, locale, KEYED, KEYED_ROWS) == [row for row in KEYED_ROWS if row[0] == locale]


PASTE = "text => { const data = new DataTransfer(); data.setData('text', text); document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })); }"  # noqa: E501  # one expression of the browser


def test_a_point_on_the_keyboard_the_keypad_and_in_what_is_pasted(demo: Demo, watched: Watched) -> None:
    till = watched.open(demo.till(7), DESK)
    charge, problem = till.locator("#charge"), till.locator("#amount-problem")
    till.keyboard.type("12.5")
    expect(charge).to_have_text("Charge ¥12.50")
    till.keyboard.type("55")
    expect(charge).to_be_disabled()
    expect(problem).to_contain_text("12.555")
    till.keyboard.press("Enter")
    expect(till.locator("#desk")).to_have_attribute("data-stage", "amount")
    till.keyboard.press("Backspace")
    till.keyboard.press("Backspace")
    expect(charge).to_have_text("Charge ¥12.50")
    till.keyboard.press("Escape")
    for key in ("1", "2", "point", "5"):
        till.locator(f'[data-key="{key}"]').click()
    expect(charge).to_have_text("Charge ¥12.50")
    for pasted, shown in (("12", "Charge ¥12.00"), (" 1,234.50 ", "Charge ¥1,234.50")):
        till.evaluate(PASTE, pasted)
        expect(charge).to_have_text(shown)
    till.evaluate(PASTE, "1,234")
    expect(charge).to_be_disabled()


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
