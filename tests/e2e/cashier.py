"""What people do at the till and on the phone, as steps that tests share."""

from __future__ import annotations

from decimal import Decimal

from playwright.sync_api import Page, expect


def key_in(till: Page, digits: str) -> None:
    """The amount in minor units, and on to scanning."""
    for digit in digits:
        till.locator(f'[data-key="{digit}"]').click()
    till.locator("#charge").click()


def paste(till: Page, code: str) -> None:
    till.locator("#digits").fill(code)
    till.locator("#digits").press("Enter")


def answered(till: Page, status: str) -> None:
    expect(till.locator(f'.outcome[data-status="{status}"]')).to_be_visible(timeout=60_000)


def balance(phone: Page) -> Decimal:
    return Decimal((phone.locator("#balance").text_content() or "").strip("¥").replace(",", ""))


def unused_code(phone: Page) -> str:
    """The digits that the phone shows, once they are such as pay."""
    expect(phone.locator("#code:not(.stale)")).to_be_visible(timeout=60_000)
    return (phone.locator("#digits-text").text_content() or "").replace(" ", "")
