"""Payments that wait: the till waits with the customer, and both learn the outcome by themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browsing import DESK, Demo, Watched
from cashier import answered, balance, key_in
from persons import SLOW, Person, demo_person
from playwright.sync_api import Page, expect

Keep = Callable[[Page, str], None]
SOFIA, NOAH, JONAS, MATEO = 1, 2, 5, 8  # places among the demo's people
AMOUNT = "123456"


def waiting(demo: Demo, watched: Watched, place: int) -> tuple[Person, Page]:
    """Somebody whose phone shows that a till waits for them; and the till."""
    person, till = demo_person(watched, demo, place), watched.open(demo.till(3, beside=place), DESK)
    expect(person.page.locator("#balance")).to_contain_text("¥")
    key_in(till, AMOUNT)
    till.locator("#beside").click()
    answered(till, "needs_verification")
    expect(person.page.locator("#waiting .waiting-card")).to_contain_text("1,234.56", timeout=SLOW)
    return person, till


def test_a_large_payment_waits_until_its_customer_confirms(demo: Demo, watched: Watched, keep: Keep) -> None:
    he, till = waiting(demo, watched, NOAH)
    before = balance(he.page)
    keep(till, "till-waits")
    keep(he.page, "wallet-waits")
    he.page.locator(".sheet [data-close]").click()
    keep(he.page, "wallet-waiting-card")
    he.page.locator(".waiting-card").click()
    he.answer_pin()
    expect(he.page.locator('.ended[data-outcome="succeeded"]')).to_contain_text("1,234.56")
    keep(he.page, "confirmed")
    answered(till, "succeeded")
    keep(till, "till-confirmed")
    he.page.locator(".buttons a[href='/wallet']").click()
    expect(he.page.locator("#lately .row.succeeded").first).to_contain_text("1,234.56", timeout=SLOW)
    he.go("/wallet/pay")
    assert str(before - balance(he.page)) == "1234.56"


def test_a_payment_that_the_customer_refuses_is_over_at_the_till(demo: Demo, watched: Watched, keep: Keep) -> None:
    he, till = waiting(demo, watched, JONAS)
    before = balance(he.page)
    he.page.locator(".sheet a.button").click()
    he.page.locator(".refuse-button").click()
    expect(he.page.locator("h1")).to_have_text("You have refused it")
    keep(he.page, "refused")
    answered(till, "declined")
    keep(till, "till-refused")
    he.go("/wallet/pay")
    assert balance(he.page) == before


def test_a_freeze_while_a_payment_waits_stops_it(demo: Demo, watched: Watched, keep: Keep) -> None:
    he, till = waiting(demo, watched, MATEO)
    he.page.locator(".sheet a.button").click()
    expect(he.page.locator("#f-answer")).to_be_visible()
    other = demo_person(watched, demo, MATEO).page  # another device of his
    other.goto(demo.base + "/security")
    other.locator('form[action="/security/freeze"] button').click()
    expect(other.locator(".freeze.frozen")).to_be_visible()
    keep(other, "frozen")
    answered(till, "declined")
    expect(till.locator("#outcome")).to_contain_text("The customer cannot pay with this wallet.")
    expect(till.locator("#main")).not_to_contain_text("frozen")
    keep(till, "till-cannot-pay-with-this-wallet")
    expect(he.page.locator('.ended[data-outcome="declined"]')).to_be_visible()  # the PIN is not asked for any more
    keep(he.page, "declined-while-frozen")
    he.go("/wallet/pay")
    expect(he.page.locator(".pass-none")).to_contain_text("Your wallet is frozen")
    keep(he.page, "wallet-frozen")
    he.change("unfreeze")
    he.answer_pin()
    he.answer_sms()
    he.go("/wallet/pay")
    expect(he.page.locator("#balance")).to_be_visible()
    expect(he.page.locator("#code")).to_be_visible()


@pytest.mark.parametrize("where", ["confirm", "wallet"])
def test_what_the_till_cancels_no_longer_asks_the_customer(demo: Demo, watched: Watched, where: str) -> None:
    she, till = waiting(demo, watched, SOFIA)
    if where == "confirm":
        she.page.locator(".sheet a.button").click()
        expect(she.page.locator("#f-answer")).to_be_visible()
    till.locator('[data-do="cancel"]').click()
    answered(till, "cancelled")
    if where == "confirm":
        expect(she.page.locator('.ended[data-outcome="cancelled"]')).to_be_visible(timeout=SLOW)
    else:
        expect(she.page.locator(".waiting-card")).to_have_count(0, timeout=SLOW)
        expect(she.page.locator(".sheet-body.waiting")).to_have_count(0)
