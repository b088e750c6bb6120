"""The checkout without signing in and without scripts: an order is shown, paid with a code, and says how it ended."""

from __future__ import annotations

import asyncio

import pytest

from feiqian.deposits.model import DepositAccount
from feiqian.errors import CommitOverdue, NotDeciding
from feiqian.ids import ORDER, new_id
from feiqian.ledger.ledger import Ledger
from feiqian.orders.model import Order
from feiqian.orders.service import Orders
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.projections.errors import ReadsBehind
from feiqian.runtime.work import TooBusy
from tests.checkout.conftest import confirmed, identified, ordered, paid_quickly, stands
from tests.quick.paying_bank import LARGER, SMALL, PayingBank
from tests.quick.test_pay_pages import Browser


def test_an_order_is_paid_with_number_six_digits_and_a_code(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    order = ordered(bank)
    shown = browser.get(f"/pay/{order.id}").html
    assert "¥88.00" in shown
    assert bank.shop.name in shown
    assert "A-1001" in shown
    assert "To be paid by" in shown
    assert identified(browser, order, bank.six(mei)).place == f"/pay/{order.id}/confirm"
    assert "¥88.00" in browser.html
    assert bank.shop.name in browser.html
    paid = confirmed(browser, order, bank.code())
    assert (paid.place, paid.outcome, paid.status) == (f"/pay/{order.id}", "paid", 200)
    assert stands(bank, order).status == "paid"
    assert bank.held(mei) == 2_000_00 - SMALL
    assert stands(bank, order).payment in paid.html
    assert f"/pay/{order.id}/return" in paid.html


def test_reloading_going_back_and_opening_again_pay_nothing_more(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    order = ordered(bank)
    identified(browser, order, bank.six(mei))
    form, code = browser.html, bank.code()
    confirmed(browser, order, code)
    for address in ("", "/confirm", "/done", "/scan"):
        assert browser.get(f"/pay/{order.id}{address}").outcome == "paid", address
    browser.html = form
    assert confirmed(browser, order, code).outcome == "paid"
    assert identified_again(browser, order.id, form).outcome == "paid"
    assert bank.held(mei) == 2_000_00 - SMALL


def identified_again(browser: Browser, id: str, form: str) -> Browser:
    """An old page of the order sends its form once more."""
    browser.html = form
    return browser.send(f"/pay/{id}", country="CN", mobile="13800000001", account="123456")


def test_wrong_codes_are_tried_again_and_then_it_begins_anew(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    order = ordered(bank)
    identified(browser, order, bank.six(mei))
    code = bank.code()
    wrong = "000000" if code != "000000" else "111111"
    assert confirmed(browser, order, wrong).status == 422
    assert confirmed(browser, order, code).outcome == "paid"


def test_what_the_account_does_not_hold_is_declined_and_paid_by_another(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    order = ordered(bank, amount=SMALL)
    poor = bank.account(mei.customer, 1_00)
    declined = paid_quickly(bank, browser, order, poor)
    assert (declined.place, declined.outcome) == (f"/pay/{order.id}/done", "declined")
    assert "No money was taken" in declined.html
    assert stands(bank, order).status == "open"
    assert paid_quickly(bank, browser, order, mei).outcome == "paid"


def test_a_lost_answer_is_being_checked_and_settles_by_itself(
    bank: PayingBank, mei: DepositAccount, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = ordered(bank)
    identified(browser, order, bank.six(mei))

    async def overdue(*_: object) -> None:
        raise CommitOverdue("a commit takes long")

    with monkeypatch.context() as patch:
        patch.setattr(Orders, "attempt", overdue)
        checking = confirmed(browser, order, bank.code())
    assert (checking.place, checking.outcome) == (f"/pay/{order.id}/done", "proved")
    assert f'http-equiv="refresh" content="3; url=/pay/{order.id}/done"' in checking.html
    assert browser.get(f"/pay/{order.id}/done").outcome == "paid"
    assert bank.held(mei) == 2_000_00 - SMALL


def test_abuse_104_an_order_that_ends_before_the_code_is_typed_takes_no_money_and_says_so(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    order = ordered(bank)
    identified(browser, order, bank.six(mei))
    bank.run(bank.services.orders.close(bank.shop, order.id))
    stopped = confirmed(browser, order, bank.code())
    assert stopped.outcome == "declined"
    assert "No money was taken" in stopped.html
    assert bank.held(mei) == 2_000_00
    assert browser.get(f"/pay/{order.id}").outcome == "closed"


def test_abuse_103_two_browsers_pay_an_order_once(bank: PayingBank, mei: DepositAccount, browser: Browser) -> None:
    """Both had been sent a code."""
    order = ordered(bank)
    identified(browser, order, bank.six(mei))
    first, code = dict(browser.client.cookies), bank.code()
    page = browser.html
    browser.client.cookies.clear()
    assert paid_quickly(bank, browser, order, mei).outcome == "paid"
    browser.client.cookies.clear()
    browser.client.cookies.update(first)
    browser.html = page
    again = confirmed(browser, order, code)
    assert (again.outcome, "No money was taken" in again.html) == ("declined", True)
    assert bank.held(mei) == 2_000_00 - SMALL
    assert len(stands(bank, order).taken) == 1


def test_larger_orders_ask_for_the_pin_too(bank: PayingBank, mei: DepositAccount, browser: Browser) -> None:
    order = ordered(bank, amount=LARGER)
    identified(browser, order, bank.six(mei))
    more = confirmed(browser, order, bank.code())
    assert more.place == f"/pay/{order.id}/confirm"
    assert "PIN" in more.html


def test_abuse_105_an_order_that_does_not_exist_tells_nothing(bank: PayingBank, browser: Browser) -> None:
    """A guessed id, another kind of id, and none at all: the same page, on every address below it."""
    order = ordered(bank)
    never = new_id(ORDER, bank.clock.now())
    pages = set()
    for id in (never, order.id[:-1] + ("0" if order.id[-1] != "0" else "1"), "ord_1", "A-1001", order.id.upper()):
        for below in ("", "/scan", "/state", "/return"):
            answer = browser.client.get(f"/pay/{id}{below}", headers={"accept": "text/html"})
            assert answer.status_code == 404, (id, below)
            pages.add(answer.text.replace(f"/pay/{id}{below}", ""))
            assert bank.shop.name not in answer.text
            assert "88.00" not in answer.text
    assert len(pages) == 1
    posted = browser.client.post(f"/pay/{never}", data={"country": "CN", "mobile": "13800000001", "account": "123456"})
    assert posted.status_code == 404


def test_who_has_just_paid_the_same_is_asked_before_it_is_paid_again(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    assert paid_quickly(bank, browser, ordered(bank), mei).outcome == "paid"
    second = ordered(bank, "A-2")
    asked = warned(bank, browser, second, mei)
    assert ("Minutes ago you paid" in asked.html, "¥88.00" in asked.html) == (True, True)
    for address in ("/again", "/done", "/confirm"):
        assert browser.get(f"/pay/{second.id}{address}").place == f"/pay/{second.id}/again", address
    assert (stands(bank, second).status, bank.held(mei)) == ("open", 2_000_00 - SMALL)
    assert browser.send(f"/pay/{second.id}/done").outcome == "paid"
    assert browser.send(f"/pay/{second.id}/done").outcome == "paid"
    assert bank.held(mei) == 2_000_00 - 2 * SMALL


def warned(bank: PayingBank, browser: Browser, order: Order, account: DepositAccount) -> Browser:
    """With the right code."""
    bank.clock.advance(31)
    asked = paid_quickly(bank, browser, order, account)
    assert (asked.place, asked.status) == (f"/pay/{order.id}/again", 200)
    return asked


def test_what_was_proved_and_is_not_wanted_pays_nothing_any_more(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    assert paid_quickly(bank, browser, ordered(bank), mei).outcome == "paid"
    second = ordered(bank, "A-2")
    page = warned(bank, browser, second, mei).html
    assert browser.send(f"/pay/{second.id}/again").place == f"/pay/{second.id}"
    for address in ("again", "done"):  # the buttons of the same page in another tab
        browser.html = page
        assert browser.send(f"/pay/{second.id}/{address}").place == f"/pay/{second.id}"
    for address in ("/done", "/again"):
        assert browser.get(f"/pay/{second.id}{address}").place == f"/pay/{second.id}", address
    assert (stands(bank, second).status, stands(bank, second).processing) == ("open", False)
    assert bank.held(mei) == 2_000_00 - SMALL
    warned(bank, browser, second, mei)
    assert browser.send(f"/pay/{second.id}/done").outcome == "paid", "it is paid by another"


def test_what_was_paid_cannot_be_given_up(bank: PayingBank, mei: DepositAccount, browser: Browser) -> None:
    assert paid_quickly(bank, browser, ordered(bank), mei).outcome == "paid"
    second = ordered(bank, "A-2")
    page = warned(bank, browser, second, mei).html
    assert browser.send(f"/pay/{second.id}/done").outcome == "paid"
    browser.html = page
    assert browser.send(f"/pay/{second.id}/again").outcome == "paid"
    assert bank.held(mei) == 2_000_00 - 2 * SMALL


def test_nobody_is_asked_about_another_amount_or_long_after(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    assert paid_quickly(bank, browser, ordered(bank), mei).outcome == "paid"
    bank.clock.advance(31)
    assert paid_quickly(bank, browser, ordered(bank, "A-2", SMALL + 1), mei).outcome == "paid"
    bank.clock.advance(16 * 60)
    assert paid_quickly(bank, browser, ordered(bank, "A-3"), mei).outcome == "paid"


def test_who_has_not_passed_the_code_learns_nothing_of_what_was_paid(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    assert paid_quickly(bank, browser, ordered(bank), mei).outcome == "paid"
    bank.clock.advance(31)
    second = ordered(bank, "A-2")
    pages = [identified(browser, second, bank.six(mei)).html]
    pages += [browser.get(f"/pay/{second.id}{address}").html for address in ("/again", "/done", "/confirm")]
    assert browser.place == f"/pay/{second.id}/confirm"
    code = bank.code()
    pages.append(confirmed(browser, second, "000000" if code != "000000" else "111111").html)
    assert browser.send(f"/pay/{second.id}/again").place == f"/pay/{second.id}"
    assert not any("Minutes ago" in page for page in [*pages, browser.html])
    assert browser.get(f"/pay/{second.id}/confirm").place == f"/pay/{second.id}/confirm", "it can still be confirmed"


@pytest.mark.parametrize("failure", [ReadsBehind("behind"), TooBusy("too much"), None])
def test_a_warning_that_is_not_known_stops_no_payment(
    bank: PayingBank,
    mei: DepositAccount,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    failure: Exception | None,
) -> None:
    """None: no answer comes at all."""
    assert paid_quickly(bank, browser, ordered(bank), mei).outcome == "paid"
    bank.clock.advance(31)

    async def newest(*_: object) -> None:
        if failure is None:
            await asyncio.Event().wait()
        else:
            raise failure

    monkeypatch.setattr(PaymentReads, "newest_of_customer", newest)
    if failure is None:
        monkeypatch.setattr("feiqian.payments.paid_lately.ASKED_SECONDS", 0)
    assert paid_quickly(bank, browser, ordered(bank, "A-2"), mei).outcome == "paid"


def test_what_was_proved_while_the_bank_did_not_decide_is_paid_by_a_tap(
    bank: PayingBank, mei: DepositAccount, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = ordered(bank)
    identified(browser, order, bank.six(mei))

    def not_deciding(_: object) -> None:
        raise NotDeciding("another process decides")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "require_deciding", not_deciding)
        stopped = confirmed(browser, order, bank.code())
    assert (stopped.place, "Minutes ago" in stopped.html) == (f"/pay/{order.id}/again", False)
    assert "Confirm the payment" in stopped.html
    assert browser.send(f"/pay/{order.id}/done").outcome == "paid"
