"""A browser that remembers an account: it asks for the code only, always for the code, and forgets when it has to."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest
from litestar.testing import TestClient
from sqlalchemy import select, update

from feiqian import features
from feiqian.auth.sessions.tokens import hash_of, new_token
from feiqian.clock import DAY, MICROSECONDS
from feiqian.deposits.model import AccountState, DepositAccount
from feiqian.deposits.tables import accounts
from feiqian.ids import CustomerNumber
from feiqian.quick.identify import PER_ACCOUNT_HOUR
from feiqian.quick.model import Pause, Way
from feiqian.quick.pages.bills import bill_pages
from feiqian.quick.paying_errors import AttemptsThrottled, NotRemembered, QuickPaymentOver
from feiqian.quick.remembered import DAYS, MOST_DEVICES
from feiqian.quick.tables import remembered
from feiqian.web.application import OWN, application, site_of
from feiqian.web.cookies import Cookies
from tests.customers.people import EVE, EVE_DETAILS, MEI
from tests.quick.paying_bank import OPERATOR, SMALL, PayingBank
from tests.quick.paying_bank import bank as bank
from tests.quick.paying_bank import mei as mei
from tests.quick.test_pay_pages import Browser, sign_in

COOKIE = "feiqian-quick"
AMOUNTS = [*range(SMALL, SMALL + 7), SMALL, SMALL]  # the last two are like the first, of which their payer is warned
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 Mobile Safari/537.36"


@pytest.fixture
def browser(bank: PayingBank) -> Iterator[Browser]:
    until = bank.clock.now() // MICROSECONDS + 30 * 86_400
    bills = {bill.reference: bill for bill in (bank.bill(amount, once_until=until) for amount in AMOUNTS)}
    app = application(site_of(bank.services), [*OWN, *features.pages(), bill_pages(bills.get)])
    with TestClient(app, base_url="http://127.0.0.1:8080") as client:
        client.headers.update({"Sec-Fetch-Site": "same-origin", "User-Agent": PHONE})
        yield Browser(client)


def paid(bank: PayingBank, browser: Browser, account: DepositAccount, bill: str = "W-1", **more: str) -> Browser:
    """With number, six digits and code."""
    bank.clock.advance(31)
    browser.get(f"/bill/{bill}")
    browser.send(f"/bill/{bill}", country="CN", mobile=MEI, account=bank.six(account), **more)
    return confirmed(bank, browser, bill)


def confirmed(bank: PayingBank, browser: Browser, bill: str) -> Browser:
    assert browser.place == f"/bill/{bill}/confirm"
    return browser.send(f"/bill/{bill}/confirm", do="answer", way="0", factor="sms", answer=bank.code())


def again(bank: PayingBank, browser: Browser, bill: str = "W-2") -> Browser:
    """With one click, up to the code."""
    bank.clock.advance(31)
    shown = re.search(r'name="remembered" value="(rem_[0-9a-f]{32})"', browser.get(f"/bill/{bill}").html)
    assert shown, "nothing is remembered"
    return browser.send(f"/bill/{bill}", remembered=shown[1])


def token(browser: Browser) -> str:
    return browser.client.cookies.get(COOKIE) or ""


def is_remembered(browser: Browser) -> bool:
    return 'name="remembered"' in browser.get("/bill/W-3").html


def test_the_second_time_only_the_code_is_asked_for(bank: PayingBank, mei: DepositAccount, browser: Browser) -> None:
    assert not is_remembered(browser)
    assert re.search(r'name="remember" value="yes"(?! checked)', browser.html), "unticked, unless somebody ticks it"
    assert paid(bank, browser, mei, remember="yes").outcome == "succeeded"
    assert ("quick_remembered", "sms") in bank.told(mei.customer)
    assert token(browser) not in repr([message.text for message in bank.arrived()])
    page = again(bank, browser)
    assert f"•••• {mei.last_four}" not in page.html, "before the code nothing more is told than on the page before"
    assert bank.held(mei) == 2_000_00 - SMALL, "nothing is paid without the code"
    assert confirmed(bank, browser, "W-2").outcome == "succeeded"
    assert bank.held(mei) == 2_000_00 - 2 * SMALL - 1


def test_who_has_just_paid_the_same_is_warned_with_one_click_too_and_remembered_once_it_is_paid(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    assert paid(bank, browser, mei, remember="yes").outcome == "succeeded"
    again(bank, browser, "W-8")
    assert confirmed(bank, browser, "W-8").place == "/bill/W-8/again"
    assert browser.send("/bill/W-8/again").place == "/bill/W-8"
    assert bank.held(mei) == 2_000_00 - SMALL
    browser.client.cookies.clear()
    assert paid(bank, browser, mei, "W-9", remember="yes").place == "/bill/W-9/again"
    assert token(browser) == "", "nothing is paid yet"
    assert browser.send("/bill/W-9/done").outcome == "succeeded"
    assert token(browser)


def test_what_was_not_asked_for_or_not_paid_is_not_remembered(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    paid(bank, browser, mei)
    assert token(browser) == ""
    poor = bank.account(mei.customer, 1_00)
    assert paid(bank, browser, poor, "W-2", remember="yes").outcome == "declined"
    assert token(browser) == ""
    browser.get("/bill/W-3")
    bank.clock.advance(31)
    browser.send("/bill/W-3", country="CN", mobile=MEI, account="000000", remember="yes")
    browser.send("/bill/W-3/confirm", do="answer", way="0", factor="sms", answer="000000")
    assert browser.get("/bill/W-3/done").place == "/bill/W-3/confirm"
    assert token(browser) == ""


def test_the_cookie_is_for_this_host_alone_and_only_its_hash_is_kept(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    paid(bank, browser, mei, remember="yes")
    [cookie] = [one for one in browser.client.cookies.jar if one.name == COOKIE]
    assert (cookie.path, cookie.domain_specified, cookie.has_nonstandard_attr("HttpOnly")) == ("/", False, True)
    assert cookie.get_nonstandard_attr("SameSite").lower() == "lax"
    assert DAYS * 86_400 - 60 <= (cookie.expires or 0) - time.time() <= DAYS * 86_400
    row = bank.do(lambda c: c.execute(select(remembered)).one())
    assert bytes(row.token_hash) == hash_of(token(browser))
    assert token(browser) not in repr(row)
    assert Cookies("https://bank.example").make("x", "y", 1).secure


def test_abuse_105_a_stolen_token_shows_four_digits_and_pays_nothing(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    paid(bank, browser, mei, remember="yes")
    stolen = token(browser)
    browser.client.cookies.clear()
    browser.client.cookies.set(COOKIE, stolen)
    page = browser.get("/bill/W-3").html
    assert f"•••• {mei.last_four}" in page
    for secret in (bank.six(mei), MEI[3:], MEI[-4:], "李梅", mei.id):
        assert secret not in page
    again(bank, browser, "W-3")
    assert browser.send("/bill/W-3/confirm", do="answer", way="0", factor="sms", answer="000000").status == 422
    assert browser.get("/bill/W-3/done").place == "/bill/W-3/confirm"
    assert bank.held(mei) == 2_000_00 - SMALL
    for own in ("/wallet", "/quick/accounts", "/security"):
        assert browser.get(own).status == 401


def test_what_it_begins_is_counted_as_the_tries_of_others(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    paid(bank, browser, mei, remember="yes")
    s = bank.services
    here = bank.run(s.quick_devices.here(token(browser)))
    assert here

    def begin() -> None:
        bank.run(bank.quick.start_remembered(bank.bill(), token(browser), here.id, "en"))

    for _ in range(PER_ACCOUNT_HOUR - 2):
        begin()
    bank.start(bank.bill(), bank.six(mei))
    begin()
    with pytest.raises(AttemptsThrottled):
        begin()
    with pytest.raises(AttemptsThrottled):
        bank.start(bank.bill(), bank.six(mei))
    assert "Too many payments" in again(bank, browser).html


def test_a_page_of_another_account_begins_nothing(bank: PayingBank, mei: DepositAccount, browser: Browser) -> None:
    """In another tab somebody has remembered another account since."""
    paid(bank, browser, mei, remember="yes")
    before = bank.run(bank.services.quick_devices.here(token(browser)))
    assert before
    other = bank.account(mei.customer)
    paid(bank, browser, other, "W-2", remember="yes")
    assert other.last_four in browser.get("/bill/W-3").html
    refused = browser.send("/bill/W-3", remembered=before.id)
    assert (refused.place, refused.status) == ("/bill/W-3", 422)
    assert "does not remember the account" in refused.html
    with pytest.raises(NotRemembered):
        bank.run(bank.quick.start_remembered(bank.bill(), new_token(), before.id, "en"))
    assert len(bank.run(bank.services.quick_devices.of(mei.customer))) == 1, "the browser has one account"


def paused(bank: PayingBank, mei: DepositAccount) -> None:
    bank.do(bank.services.quick.pause_within, mei, OPERATOR, Pause.HOLDER)


def paused_and_resumed(bank: PayingBank, mei: DepositAccount) -> None:
    paused(bank, mei)
    bank.do(bank.services.quick.open_within, mei, OPERATOR, Way.STAFF)


def closed_and_opened(bank: PayingBank, mei: DepositAccount) -> None:
    bank.do(bank.services.quick.close_within, mei, OPERATOR)
    bank.do(bank.services.quick.open_within, mei, OPERATOR, Way.STAFF)


def account_closed(bank: PayingBank, mei: DepositAccount) -> None:
    bank.do(lambda c: c.execute(update(accounts).where(accounts.c.id == mei.id).values(state=AccountState.CLOSED)))


def number_reassigned(bank: PayingBank, mei: DepositAccount) -> None:
    bank.run(bank.services.reassigned_numbers.report(MEI, 20991231, OPERATOR))


def frozen(bank: PayingBank, mei: DepositAccount) -> None:
    bank.run(bank.services.security.freeze(bank.enter_wallet().session))


def time_over(bank: PayingBank, mei: DepositAccount) -> None:
    bank.clock.advance(DAYS * 86_400)


ENDS = [paused, paused_and_resumed, closed_and_opened, account_closed, number_reassigned, frozen, time_over]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_it_is_forgotten(
    bank: PayingBank, mei: DepositAccount, browser: Browser, end: Callable[[PayingBank, DepositAccount], None]
) -> None:
    paid(bank, browser, mei, remember="yes")
    here = bank.run(bank.services.quick_devices.here(token(browser)))
    assert here
    assert is_remembered(browser)
    end(bank, mei)
    assert not is_remembered(browser)
    with pytest.raises(NotRemembered):
        bank.run(bank.quick.start_remembered(bank.bill(), token(browser), here.id, "en"))
    assert bank.run(bank.services.quick_devices.of(mei.customer)) == []


def test_another_number_on_file_ends_it_even_if_nothing_was_told(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    """It is bound to the number that the code went to: here the row itself says another."""
    paid(bank, browser, mei, remember="yes")
    bank.do(lambda c: c.execute(update(remembered).values(mobile=b"another numbers!")))
    assert not is_remembered(browser)


def test_the_browser_forgets_when_it_is_told_to(bank: PayingBank, mei: DepositAccount, browser: Browser) -> None:
    paid(bank, browser, mei, remember="yes")
    stolen = token(browser)
    browser.get("/bill/W-3")
    assert browser.send("/bill/W-3/forget").place == "/bill/W-3"
    assert 'name="remembered"' not in browser.html
    assert token(browser) == ""
    assert bank.run(bank.services.quick_devices.here(stolen)) is None


def test_its_owner_sees_the_devices_and_lets_them_forget(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    paid(bank, browser, mei, remember="yes")
    sign_in(bank, mei, browser)
    page = browser.get("/quick/accounts").html
    assert "Chrome · Android" in page
    [id] = re.findall(r'value="(rem_[0-9a-f]{32})"', page)
    assert "remembers your account no longer" in browser.send("/quick/accounts", act="forget", id=id).html
    assert not is_remembered(browser)
    actions = bank.audit_log(mei.customer)
    assert actions.count("quick_remembered") == actions.count("quick_forgotten") == 1


def test_nobody_forgets_the_devices_of_another(bank: PayingBank, mei: DepositAccount, browser: Browser) -> None:
    paid(bank, browser, mei, remember="yes")
    [one] = bank.run(bank.services.quick_devices.of(mei.customer))
    eve = bank.checked(EVE, EVE_DETAILS)
    assert bank.run(bank.services.quick_devices.forget(eve.session, one.id)) is False
    assert bank.run(bank.services.quick_devices.of(CustomerNumber(eve.session.subject.number))) == []
    assert is_remembered(browser)


def test_only_whoever_has_just_paid_is_remembered_and_told_once(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    s, begun = bank.services, bank.start(bank.bill(), bank.six(mei))
    with pytest.raises(QuickPaymentOver):
        bank.run(bank.quick.remember(begun.id, begun.challenge.id, None, PHONE))
    bank.enter(begun)
    bank.run(bank.quick.pay(begun.id, begun.challenge.id))
    tokens = [bank.run(bank.quick.remember(begun.id, begun.challenge.id, None, PHONE)) for _ in range(2)]
    assert [bank.run(s.quick_devices.here(one)) is not None for one in tokens] == [False, True]
    assert bank.audit_log(mei.customer).count("quick_remembered") == 1
    bank.clock.advance(601)
    with pytest.raises(QuickPaymentOver):
        bank.run(bank.quick.remember(begun.id, begun.challenge.id, None, PHONE))


def test_there_are_so_many_and_what_is_over_is_removed(bank: PayingBank, mei: DepositAccount) -> None:
    s, tokens = bank.services, []
    for number in range(MOST_DEVICES + 1):
        tokens.append(bank.do(s.quick_devices.add, mei, f"qpy_{number}", PHONE))
        bank.clock.advance(1)
    assert len(bank.run(s.quick_devices.of(mei.customer))) == MOST_DEVICES
    assert bank.run(s.quick_devices.here(tokens[0])) is None
    assert bank.run(s.quick_devices.here(tokens[-1]))
    assert bank.do(s.quick_devices.sweep, bank.clock.now() + DAYS * DAY, 500) == MOST_DEVICES
