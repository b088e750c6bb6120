"""A bill is paid in a browser that nobody is signed in with: number, six digits, a code; with and without scripts."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from browsing import DESK, PHONE, Watched
from payers import Payer, enter, identify, outcome, payer_at
from playwright.sync_api import Browser, Page, expect

from feiqian.money import CNY
from feiqian.quick.pages.bills import bill_pages
from feiqian.quick.paying_model import Bill
from feiqian.services import Services
from feiqian.testing.people import PIN
from feiqian.testing.served import Served
from feiqian.web.application import Pages, guest_pages

Keep = Callable[[Page, str], None]
PLACES = count(300)
UNTIL = int(time.time()) + 30 * 86_400
BILLS = {
    f"W-{place}": Bill(1, amount, CNY.number, f"W-{place}", "Water", UNTIL)  # type: ignore[arg-type]
    for place, amount in enumerate([88_00, 88_01, 88_02, 1_000_01, 1_999_00, 88_00])
}


def pages(services: Services) -> Pages:
    return guest_pages(services, [bill_pages(BILLS.get)], {})


@pytest.fixture(scope="module")
def paged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bank = Served(tmp_path_factory.mktemp("bills"), pages=pages)
    yield bank
    bank.stop()


@pytest.fixture(scope="module")
def payer(paged: Served) -> Payer:
    return payer_at(paged, next(PLACES))


@pytest.fixture
def watching(browser: Browser, paged: Served) -> Iterator[Watched]:
    watched = Watched(browser, paged.url)
    yield watched
    watched.close()
    assert watched.complaints == []


LOOKS = [
    ("W-0", PHONE, "zh-CN", "light", False),
    ("W-1", DESK, "es", "dark", True),
    ("W-2", PHONE, "en", "dark", True),
]


@pytest.mark.parametrize(("bill", "viewport", "language", "scheme", "scripts"), LOOKS)
def test_a_bill_is_paid_by_somebody_who_is_not_signed_in(
    paged: Served,
    payer: Payer,
    watching: Watched,
    keep: Keep,
    bill: str,
    viewport: dict[str, int],
    language: str,
    scheme: str,
    scripts: bool,
) -> None:
    deposits = paged.bank.services.deposits
    before = paged.inside(lambda: deposits.balance(payer.account))
    page = watching.open(paged.url + "/bill", viewport, scheme, locale=language, java_script_enabled=scripts)
    page.locator("#f-number").fill(bill)
    page.locator("form.form .button").click()
    keep(page, f"pay-{language}")
    identify(page, payer)
    expect(page.locator("#f-answer")).to_be_focused()
    enter(page, payer.person.code())
    assert outcome(page) == "succeeded"
    keep(page, f"paid-{language}")
    assert paged.inside(lambda: deposits.balance(payer.account)) == before - BILLS[bill].amount
    page.go_back()
    page.goto(f"{paged.url}/bill/{bill}")
    expect(page.locator(".notice-good")).to_be_visible()
    assert page.locator("#f-mobile").count() == 0, "a bill that is paid asks for nothing"


def test_a_larger_bill_asks_for_the_pin_and_then_for_the_code(paged: Served, payer: Payer, watching: Watched) -> None:
    page = watching.open(f"{paged.url}/bill/W-3", PHONE, locale="en")
    identify(page, payer)
    enter(page, PIN)
    expect(page.locator("input[name=factor][value=sms]").first).to_be_attached()
    enter(page, payer.person.code())
    assert outcome(page) == "succeeded"


def test_what_the_account_does_not_hold_is_declined_and_the_bill_can_be_paid_later(
    paged: Served, payer: Payer, watching: Watched, keep: Keep
) -> None:
    page = watching.open(f"{paged.url}/bill/W-4", PHONE, locale="en")
    identify(page, payer)
    enter(page, PIN)
    expect(page.locator("input[name=factor][value=sms]").first).to_be_attached()
    enter(page, payer.person.code())
    assert outcome(page) == "declined"
    keep(page, "pay-declined")
    page.get_by_role("link", name="Try again").click()
    expect(page.locator("#f-mobile")).to_be_visible()


def test_abuse_43_wrong_digits_look_like_right_ones_and_no_code_passes(
    paged: Served, payer: Payer, watching: Watched
) -> None:
    page = watching.open(f"{paged.url}/bill/W-5", DESK, locale="en")
    identify(page, payer, "000000")
    expect(page.locator("#f-answer")).to_be_focused()
    enter(page, "123456")
    expect(page.locator("#e-answer")).to_contain_text(re.compile("wrong|not right", re.I))
    watching.complaints.clear()  # that the form was not taken, which a browser tells as an error
