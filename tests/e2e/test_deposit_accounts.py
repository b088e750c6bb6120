"""A deposit account: opened and frozen by two of the staff, its whole number shown to who says why, and its alias."""

from __future__ import annotations

import re
from collections.abc import Callable

from browsing import Demo, Watched
from persons import demo_person, forgive
from playwright.sync_api import Page, expect
from touring import ALICE, BOB, approved, open_customer, proposed, staff_page

Keep = Callable[[Page, str], None]
PRIYA = 9  # place among the demo's people
NAME = "Priya Nair"
ROWS = "section[aria-labelledby=deposits] tbody tr"


def test_an_account_is_opened_and_frozen_by_two_and_named_by_its_holder(
    demo: Demo, watched: Watched, keep: Keep
) -> None:
    alice, bob = staff_page(watched, demo, ALICE), staff_page(watched, demo, BOB)
    open_customer(alice, demo.base, NAME)
    file = alice.url
    expect(alice.locator(ROWS)).to_have_count(2)
    alice.locator('a[href$="/propose/open_account"]').click()
    alice.locator("#f-product").select_option("savings")
    keep(alice, "staff-open-account")
    approved(bob, proposed(alice))
    alice.goto(file)
    expect(alice.locator(ROWS)).to_have_count(3)
    keep(alice, "staff-accounts")
    alice.locator('a[href$="/propose/account_state"]').click()
    approved(bob, proposed(alice))
    alice.goto(file)
    expect(alice.locator(f"{ROWS} .tag-bad")).to_have_count(1)
    alice.locator(f'{ROWS} a[href$="/number"]').last.click()
    keep(alice, "staff-number")
    alice.locator("#f-why").fill("She has to fill it into a form.")
    alice.locator(".panel-form .button").click()
    expect(alice.locator(".facts code")).to_have_text(re.compile(r"9900 01\d\d \d{4} \d{4} \d{3}"))
    account = alice.url.split("/")[-2]
    phone = demo_person(watched, demo, PRIYA).page
    phone.goto(f"{demo.base}/accounts/{account}/alias")
    phone.locator("#f-alias").fill("123456")
    phone.locator("form.form .button").click()
    expect(phone.locator("#e-alias")).to_contain_text("cannot be a number")
    keep(phone, "account-alias")
    forgive(watched, 422)
