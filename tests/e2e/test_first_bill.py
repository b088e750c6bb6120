"""From no account to a paid bill: staff open it, its owner opens quick payment with no session, pays, and is told."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browsing import DESK, PHONE, Demo, Watched
from persons import SLOW, Person, newcomer
from playwright.sync_api import Locator, Page, expect
from touring import ALICE, BOB, approved, open_customer, proposed, staff_page

Keep = Callable[[Page, str], None]
LOOKS = [
    ("王小雨", PHONE, "zh-CN", "light", "余额"),
    ("Lucía Prieto", DESK, "es", "dark", "Saldo"),
    ("Tom Hill", PHONE, "en", "dark", "Balance"),
]
MOVED = 400  # yuan, from the wallet's 500


def opened_by_two(watched: Watched, demo: Demo, name: str) -> str:
    """A deposit account, proposed by one of the staff and approved by another. Its whole number, as it is told."""
    alice, bob = staff_page(watched, demo, ALICE), staff_page(watched, demo, BOB)
    open_customer(alice, demo.base, name)
    file = alice.url
    alice.locator('a[href$="/propose/open_account"]').click()
    approved(bob, proposed(alice))
    alice.goto(file)
    alice.locator("section[aria-labelledby=deposits] tbody tr a[href$='/number']").click()
    alice.locator("#f-why").fill("She is at the counter, and writes it down.")
    alice.locator(".panel-form .button").click()
    return alice.locator(".facts code").inner_text()


def filled(she: Person) -> None:
    """Money is moved from the wallet into the account, and nobody is signed in any more."""
    she.go("/accounts/transfer")
    she.page.locator("#f-amount").fill(str(MOVED))
    she.page.locator("#main form.form .button").click()
    expect(she.page.locator(".ended.good, .notice-good").first).to_be_visible()
    she.sign_out()


def letters(she: Person) -> Locator:
    """What the phone received, the newest first."""
    she.go("/messages")
    return she.page.locator(".letter").filter(has_text=she.mobile).locator(".letter-text")


@pytest.mark.parametrize(("place", "look"), list(enumerate(LOOKS, 70)), ids=[look[2] for look in LOOKS])
def test_an_account_is_opened_and_its_owner_pays_a_bill_without_ever_signing_in_for_it(
    demo: Demo, watched: Watched, keep: Keep, place: int, look: tuple[str, dict[str, int], str, str, str]
) -> None:
    name, viewport, locale, scheme, balance = look
    options = {"scheme": scheme, "locale": locale}
    she = newcomer(watched, demo, place, name, viewport=viewport, options=options)
    she.register()
    she.show_document()
    number = opened_by_two(watched, demo, name)
    filled(she)
    page = she.page
    page.context.clear_cookies()  # the rest is done in a browser in which she never was
    she.go("/quick")
    page.locator("#f-account").fill(number)
    page.locator("#f-name").fill(name)
    page.locator("#f-number").fill(she.document)
    page.locator("#main form.form .button").click()
    she.answer(she.code())
    expect(page.locator(".notice-good")).to_be_visible()
    keep(page, f"first-bill-open-{locale}")
    she.go("/bills")
    keep(page, f"first-bill-bills-{locale}")
    payable = page.locator(".bill .mini").nth(place % 3)
    bill = payable.get_attribute("href")
    payable.click()
    page.locator("#f-mobile").fill(she.national)
    page.locator("#f-account").fill(re.sub(r"\D", "", number)[-6:])
    keep(page, f"first-bill-pay-{locale}")
    page.locator("#main form.form .button").click()
    amount = re.sub(r"\D", "", page.locator(".paying-amount").inner_text())
    she.answer(she.code())
    expect(page.locator("[data-outcome=succeeded]")).to_be_visible()
    keep(page, f"first-bill-paid-{locale}")
    left = f"{MOVED * 100 - int(amount):03d}"
    told = letters(she).filter(has_text=balance).first
    expect(told).to_contain_text(re.compile(rf"(?<!\d){left[:-2]}\D{left[-2:]}"), timeout=SLOW)
    expect(told).to_contain_text(re.sub(r"\D", "", number)[-4:])
    expect(told).not_to_contain_text(re.sub(r"\D", "", number)[-6:])
    expect(told).not_to_contain_text("http")
    keep(page, f"first-bill-told-{locale}")
    page.goto(f"{demo.base}{bill}")
    expect(page.locator("#f-mobile")).to_have_count(0)
