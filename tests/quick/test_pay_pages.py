"""The pages that pay a bill: forms alone, the same whoever is meant, and no "no" of what is not known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import update

from feiqian import features
from feiqian.clock import MICROSECONDS
from feiqian.deposits.model import AccountState, DepositAccount
from feiqian.deposits.tables import accounts
from feiqian.errors import CommitOverdue
from feiqian.payments.service import Payments
from feiqian.policy.factors import Factor
from feiqian.quick.pages.bills import bill_pages
from feiqian.quick.paying_model import Bill
from feiqian.subjects import customer
from feiqian.testing.sessions import open_session
from feiqian.web.application import OWN, application, site_of
from feiqian.web.cookies import Cookies
from tests.customers.people import MEI, PIN, UNKNOWN
from tests.quick.paying_bank import LARGER, SMALL, PayingBank
from tests.quick.paying_bank import bank as bank
from tests.quick.paying_bank import mei as mei
from tests.quick.test_identify import same_six

MARK = re.compile(r'name="page_for" value="([^"]*)"')
ID = re.compile(r"(?:qpy|chl|pay)_[0-9a-f]{32}|value=\"[^\"]*\"|content=\"[^\"]*\"|data-seconds=\"\d+\"|\[[^\]]*\]")


class Browser:
    """Follows forms: what it sends carries the mark of the page that it saw last."""

    def __init__(self, client: TestClient) -> None:
        self.client, self.html, self.place, self.status = client, "", "", 0

    def get(self, address: str) -> Browser:
        return self._seen(self.client.get(address))

    def send(self, address: str, **fields: str) -> Browser:
        mark = MARK.search(self.html)
        assert mark, "the page has a form"
        return self._seen(self.client.post(address, data={"page_for": mark[1]} | fields))

    def _seen(self, answer: Any) -> Browser:
        self.html, self.status, self.place = answer.text, answer.status_code, answer.url.path
        return self

    @property
    def outcome(self) -> str:
        found = re.search(r'data-outcome="(\w+)"', self.html)
        return found[1] if found else ""


@pytest.fixture
def bills(bank: PayingBank) -> dict[str, Bill]:
    until = bank.clock.now() // MICROSECONDS + 30 * 86_400
    made = [bank.bill(once_until=until), bank.bill(LARGER, once_until=until)]
    return {bill.reference: bill for bill in made}


@pytest.fixture
def browser(bank: PayingBank, bills: dict[str, Bill]) -> Iterator[Browser]:
    site = site_of(bank.services)
    app = application(site, [*OWN, *features.pages(), bill_pages(bills.get)])
    with TestClient(app, base_url="http://127.0.0.1:8080") as client:
        client.headers["Sec-Fetch-Site"] = "same-origin"
        yield Browser(client)


def identified(browser: Browser, account: str, mobile: str = MEI, bill: str = "W-1") -> Browser:
    browser.get(f"/bill/{bill}")
    return browser.send(f"/bill/{bill}", country="CN", mobile=mobile, account=account)


def test_a_bill_is_found_by_its_number_and_paid_with_a_code(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    assert "no bill of this number" in browser.get("/bill?number=W-99").html
    assert browser.get("/bill?number=W-1").place == "/bill/W-1"
    assert "Water Works" in browser.html
    assert identified(browser, bank.six(mei)).place == "/bill/W-1/confirm"
    paid = browser.send("/bill/W-1/confirm", do="answer", way="0", factor="sms", answer=bank.code())
    assert (paid.place, paid.outcome) == ("/bill/W-1/done", "succeeded")
    assert mei.last_four in paid.html
    assert bank.held(mei) == 2_000_00 - SMALL
    assert browser.get("/bill/W-1/confirm").place == "/bill/W-1/done", "going back pays nothing again"
    assert "has been paid" in browser.get("/bill/W-1").html
    assert bank.held(mei) == 2_000_00 - SMALL


def test_abuse_43_the_page_is_the_same_whoever_is_meant(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    given = [(bank.six(mei), MEI), ("000000", MEI), ("000000", UNKNOWN)]
    pages = [ID.sub("", identified(browser, six, mobile).html) for six, mobile in given]
    assert pages[0] == pages[1] == pages[2]
    wrong = []
    for six, mobile in given:
        identified(browser, six, mobile)
        bank.clock.advance(31)
        wrong.append(browser.send("/bill/W-1/confirm", do="answer", way="0", factor="sms", answer="000000").html)
    # The clock and the number of tries go on from one to the next.
    assert len({re.sub(r"\d+", "", ID.sub("", html)) for html in wrong}) == 1


def test_a_form_that_cannot_be_right_says_why(bank: PayingBank, mei: DepositAccount, browser: Browser) -> None:
    assert identified(browser, "", "123").status == 422
    assert "last six digits" in browser.html
    assert browser.get("/bill/W-99").status == 404


def test_larger_bills_ask_for_the_pin_too(bank: PayingBank, mei: DepositAccount, browser: Browser) -> None:
    identified(browser, bank.six(mei), bill="W-2")
    assert 'name="factor" value="pin"' in browser.html


def test_what_the_day_leaves_too_little_for_is_asked_for_after_the_message(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    assert bank.pay(bank.bill(950_00), bank.six(mei)).status == "succeeded"
    bank.clock.advance(31)
    identified(browser, bank.six(mei))
    assert 'name="factor" value="pin"' not in browser.html
    more = browser.send("/bill/W-1/confirm", do="answer", way="0", factor="sms", answer=bank.code())
    assert more.place == "/bill/W-1/confirm"
    assert 'name="factor" value="pin"' in more.html
    paid = browser.send("/bill/W-1/confirm", do="answer", way="0", factor="pin", answer=PIN)
    assert (paid.place, paid.outcome) == ("/bill/W-1/done", "succeeded")


def test_the_limit_that_stops_a_bill_is_named_with_what_is_left_and_what_helps(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    assert bank.pay(bank.bill(999_00), bank.six(bank.account(mei.customer))).status == "succeeded"
    bank.clock.advance(31)
    larger = bank.start(bank.bill(LARGER), bank.six(mei))
    bank.enter(larger)
    bank.run(bank.quick.answer(larger.challenge.id, Factor.PIN, PIN))
    assert bank.run(bank.quick.pay(larger.id, larger.challenge.id)).status == "succeeded"
    bank.clock.advance(31)
    identified(browser, bank.six(mei))
    browser.send("/bill/W-1/confirm", do="answer", way="0", factor="sms", answer=bank.code())
    stopped = browser.send("/bill/W-1/confirm", do="answer", way="0", factor="pin", answer=PIN)
    assert (stopped.place, stopped.outcome) == ("/bill/W-1/done", "declined")
    assert 'data-why="limit"' in stopped.html
    for said in ("all payments of a day", "¥2,000.00", "¥0.99 was left", "fresh again", "Up to ¥0.99"):
        assert said in stopped.html


def sign_in(bank: PayingBank, account: DepositAccount, browser: Browser) -> None:
    s = bank.services
    opened = bank.do(lambda c: open_session(s.sessions, c, customer(account.customer), bank.clock.now()))
    browser.client.cookies.set(Cookies(s.settings.public_origin).session, opened.token)


def test_its_owner_finds_everything_that_was_paid_so_page_by_page(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    for amount in range(1, 22):
        assert bank.pay(bank.bill(amount), bank.six(mei)).status == "succeeded"
        bank.clock.advance(7_200)
    sign_in(bank, mei, browser)
    shown = browser.get("/quick/accounts").html
    assert len(re.findall(r'class="row succeeded"', shown)) == 20
    assert "¥0.01" not in shown
    older = re.search(r'href="(/quick/accounts\?older=qpy_[0-9a-f]{32})"', shown)
    assert older
    assert re.findall(r'class="row-amount">([^<]*)<', browser.get(older[1]).html) == ["¥0.01"]
    assert f"•••• {mei.last_four}" in browser.html


def test_accounts_that_were_closed_are_not_offered(bank: PayingBank, mei: DepositAccount, browser: Browser) -> None:
    sign_in(bank, mei, browser)
    assert mei.last_four in browser.get("/quick/accounts").html
    bank.do(lambda c: c.execute(update(accounts).where(accounts.c.id == mei.id).values(state=AccountState.CLOSED)))
    assert mei.last_four not in browser.get("/quick/accounts").html


def test_what_is_not_known_is_said_and_asked_again(
    bank: PayingBank, mei: DepositAccount, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    identified(browser, bank.six(mei))

    async def overdue(*_: object) -> None:
        raise CommitOverdue("a commit takes long")

    with monkeypatch.context() as patch:
        patch.setattr(Payments, "pay_by", overdue)
        browser.send("/bill/W-1/confirm", do="answer", way="0", factor="sms", answer=bank.code())
    assert (browser.place, browser.outcome) == ("/bill/W-1/done", "proved")
    assert "never paid twice" in browser.html
    assert browser.send("/bill/W-1/done").outcome == "succeeded"
    assert bank.held(mei) == 2_000_00 - SMALL


def test_abuse_91_a_page_of_another_quick_payment_confirms_nothing(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    first = identified(browser, bank.six(mei)).html
    identified(browser, bank.six(mei))  # in another tab
    browser.html = first
    code = bank.code()
    assert browser.send("/bill/W-1/confirm", do="answer", way="0", factor="sms", answer=code).status == 409
    assert bank.held(mei) == 2_000_00


def test_abuse_95_too_many_tries_are_told_with_the_time(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    for tried in range(10):
        identified(browser, f"{tried:06d}")
    assert identified(browser, bank.six(mei)).status == 422
    assert "Too many payments were begun" in browser.html


def test_abuse_62_neither_number_nor_digits_are_in_addresses_or_cookies(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    identified(browser, bank.six(mei))
    seen = browser.place + str(dict(browser.client.cookies))
    assert bank.six(mei) not in seen
    assert MEI[3:] not in seen


def test_which_account_is_asked_before_whether_it_is_meant_and_each_once(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    assert bank.pay(bank.bill(), bank.six(mei)).status == "succeeded"
    bank.clock.advance(31)
    other = bank.account(mei.customer)
    seven = same_six(bank, mei, other)
    identified(browser, bank.six(mei))
    asked = browser.send("/bill/W-1/confirm", do="answer", way="0", factor="sms", answer=bank.code())
    assert asked.place == "/bill/W-1/account"
    for address in ("done", "again", "confirm"):
        assert browser.get(f"/bill/W-1/{address}").place == "/bill/W-1/account", address
    assert browser.send("/bill/W-1/account", account=seven).place == "/bill/W-1/again"
    assert "Minutes ago you paid" in browser.html
    assert browser.send("/bill/W-1/done").outcome == "succeeded"
    assert bank.held(other) == 2_000_00 - SMALL


def test_the_warning_is_in_the_payers_language(bank: PayingBank, mei: DepositAccount, browser: Browser) -> None:
    assert bank.pay(bank.bill(), bank.six(mei)).status == "succeeded"
    bank.clock.advance(31)
    identified(browser, bank.six(mei))
    browser.send("/bill/W-1/confirm", do="answer", way="0", factor="sms", answer=bank.code())
    asked = {"en": "Pay a second time?", "zh-CN": "要再付一次吗？", "es": "¿Pagar por segunda vez?"}
    for language, said in asked.items():
        browser.client.headers["Accept-Language"] = language
        assert said in browser.get("/bill/W-1/again").html
