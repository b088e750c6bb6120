"""A shopper pays an order on the bank's page: with a code and without scripts, and by a phone while the PC looks on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import msgspec
import pytest
from browsing import DESK, PHONE, Watched
from payers import Payer, enter, identify, outcome, page_of, payer_at
from playwright.sync_api import Browser, Page, expect
from test_accessible import findings

from feiqian.accounts.kinds import AccountKind
from feiqian.ledger import chart
from feiqian.money import CNY
from feiqian.orders.model import Order
from feiqian.orders.requests import OrderRequest
from feiqian.testing.people import PIN
from feiqian.testing.served import Served

Keep = Callable[[Page, str], None]
PLACES, NUMBERS = count(340), count(1)
TEA = {"name": "Jasmine tea 茉莉花茶", "quantity": 2, "amount": 60_00}
CUP = {"name": "Cup", "quantity": 1}


@pytest.fixture(scope="module")
def paged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bank = Served(tmp_path_factory.mktemp("checkout"), pages=True)
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


def ordered(paged: Served, amount: int = 88_00, **more: Any) -> Order:
    s = paged.bank.services
    asked = {"merchant_order": f"A-{next(NUMBERS)}", "amount": amount, "currency": "CNY", "description": "Tea house"}
    back = {"return_url": f"{paged.url}/language"}  # what a browser may be sent to and is no other host
    request = msgspec.convert(asked | back | more, OrderRequest)
    shop = next(one for one in s.merchants.all() if one.currency == CNY.number)
    return paged.wait_for(s.orders.create(shop, request))


LOOKS = [
    (PHONE, "zh-CN", "light", False, 88_00),
    (DESK, "es", "dark", True, 88_01),
    (PHONE, "en", "dark", True, 88_02),
    (DESK, "en", "light", True, 88_03),
]


@pytest.mark.parametrize(("viewport", "language", "scheme", "scripts", "amount"), LOOKS)
def test_an_order_is_paid_by_somebody_who_is_not_signed_in(
    paged: Served,
    payer: Payer,
    watching: Watched,
    keep: Keep,
    viewport: dict[str, int],
    language: str,
    scheme: str,
    scripts: bool,
    amount: int,
) -> None:
    items = [TEA, CUP | {"amount": amount - 60_00}]
    deposits, order = paged.bank.services.deposits, ordered(paged, amount, line_items=items)
    before = paged.inside(lambda: deposits.balance(payer.account))
    size = "phone" if viewport is PHONE else "desk"
    page = watching.open(f"{paged.url}/pay/{order.id}", viewport, scheme, locale=language, java_script_enabled=scripts)
    keep(page, f"checkout-{size}-{language}")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    identify(page, payer)
    expect(page.locator("#f-answer")).to_be_focused()
    keep(page, f"checkout-code-{size}-{language}")
    enter(page, payer.person.code())
    assert outcome(page) == "paid"
    keep(page, f"checkout-paid-{size}-{language}")
    assert paged.inside(lambda: deposits.balance(payer.account)) == before - amount
    page.go_back()
    page.goto(f"{paged.url}/pay/{order.id}")
    assert outcome(page) == "paid"
    assert page.locator("#f-mobile").count() == 0, "an order that is paid asks for nothing"


@pytest.mark.parametrize(
    ("viewport", "language", "scheme", "scripts"),
    [(PHONE, "zh-CN", "light", False), (DESK, "es", "dark", True), (PHONE, "en", "dark", True)],
)
def test_who_has_just_paid_the_same_chooses_not_to_and_then_to_pay_once_more(
    paged: Served, watching: Watched, keep: Keep, viewport: dict[str, int], language: str, scheme: str, scripts: bool
) -> None:
    payer, first, second = payer_at(paged, next(PLACES)), ordered(paged, 9_00), ordered(paged, 9_00)
    deposits, place = paged.bank.services.deposits, f"{paged.url}/pay/{second.id}"
    page = watching.open(
        f"{paged.url}/pay/{first.id}", viewport, scheme, locale=language, java_script_enabled=scripts, bypass_csp=True
    )
    identify(page, payer)
    enter(page, payer.person.code())
    assert outcome(page) == "paid"
    for leave in (True, False):
        page.goto(place)
        identify(page, payer)
        enter(page, payer.person.code())
        expect(page.locator(".notice-wait")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        if leave:
            keep(page, f"checkout-again-{language}")
            assert not scripts or findings(page) == []
            page.locator("form[action$='/again'] button").click()
            expect(page.locator("#f-mobile")).to_be_visible()
            assert paged.inside(lambda: deposits.balance(payer.account)) == 1_500_00 - 9_00
    page.locator("form[action$='/done'] button").click()
    assert outcome(page) == "paid"
    assert paged.inside(lambda: deposits.balance(payer.account)) == 1_500_00 - 18_00


def signed_in(paged: Served, payer: Payer, watching: Watched, address: str, **options: Any) -> Page:
    return page_of(paged, payer.person, watching, address, **options)


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh-CN", "dark"), ("es", "light")])
def test_the_page_on_the_pc_turns_when_the_phone_has_paid(
    paged: Served, payer: Payer, watching: Watched, keep: Keep, language: str, scheme: str
) -> None:
    order = ordered(paged, 12_00)
    desk = watching.open(f"{paged.url}/pay/{order.id}", DESK, scheme, locale=language)
    expect(desk.locator("#scan")).to_be_visible()
    address = f"{paged.url}/pay/{order.id}/wallet"
    phone = signed_in(paged, payer, watching, address, viewport=PHONE, scheme=scheme, locale=language)
    keep(phone, f"checkout-wallet-{language}")
    phone.locator(f"input[name=source][value={payer.account.id}]").check()
    phone.locator("form.form .button").click()
    expect(phone.locator("#f-answer")).to_be_visible()
    keep(phone, f"checkout-confirm-{language}")
    answer_all(phone, payer)
    assert outcome(phone) == "paid"
    expect(desk.locator("[data-outcome=paid]")).to_be_visible()
    keep(desk, f"checkout-turned-{language}")


def answer_all(page: Page, payer: Payer) -> None:
    expect(page.locator("#f-answer")).to_be_attached()
    for _ in range(3):
        if not page.locator("#f-answer").count():
            return
        factor = page.locator("#answering input[name=factor]").get_attribute("value")
        with page.expect_navigation():
            page.locator("#f-answer").fill(PIN if factor == "pin" else payer.person.code())
            page.keyboard.press("Enter")


def test_a_decline_says_why_and_leads_to_another_way(
    paged: Served, payer: Payer, watching: Watched, keep: Keep
) -> None:
    order = ordered(paged, 999_00)
    cash = chart.account_id(AccountKind.BANK_CASH, CNY.number, chart.BANK)
    s = paged.bank.services

    async def emptied() -> None:
        held = s.deposits.balance(payer.account)
        s.ledger.post(chart.transfer(b"e" * 16, debit=payer.account.ledger_id, credit=cash, amount=held))
        await s.ledger.durable(s.ledger.position)

    paged.wait_for(emptied())
    page = watching.open(f"{paged.url}/pay/{order.id}", PHONE, locale="en")
    identify(page, payer)
    answer_all(page, payer)
    assert outcome(page) == "declined"
    keep(page, "checkout-declined")
    page.get_by_role("link", name="Try again or pay otherwise").click()
    expect(page.locator("#f-mobile")).to_be_visible()


def test_in_a_popup_it_is_paid_and_leads_back_and_the_opener_cannot_reach_into_it(
    paged: Served, watching: Watched
) -> None:
    payer = payer_at(paged, next(PLACES))  # a number gets so many codes an hour
    order = ordered(paged, 13_00, return_url=f"{paged.url}/sign-in")
    opens = f"opened = window.open('{paged.url}/pay/{order.id}', 'pay', 'popup,width=420,height=760')"
    shop = watching.open(f'data:text/html,<button onclick="{opens}">Pay</button>', DESK, locale="en")
    with shop.expect_popup() as popup:
        shop.locator("button").click()
    page = popup.value
    identify(page, payer)
    expect(page.locator("#f-answer")).to_be_focused()
    assert page.evaluate("window.opener") is None
    enter(page, payer.person.code())
    assert outcome(page) == "paid"
    page.locator("a.button").click()
    expect(page).to_have_url(re.compile(rf"/sign-in\?order={order.id}&version=2&status=paid&"))
    assert shop.evaluate("opened.closed"), "the shop's page has lost it from the start"
