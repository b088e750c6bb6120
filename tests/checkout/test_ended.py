"""An order that has ended says how, and asks for nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from feiqian.deposits.model import DepositAccount
from feiqian.orders.model import Method, Order
from feiqian.orders.requests import CaptureRequest, OrderRefundRequest
from tests.checkout.conftest import ordered, paid_quickly
from tests.customers.people import MEI
from tests.quick.paying_bank import SMALL, PayingBank
from tests.quick.test_pay_pages import Browser


def close(bank: PayingBank, order: Order) -> None:
    bank.run(bank.services.orders.close(bank.shop, order.id))


def expire(bank: PayingBank, order: Order) -> None:
    bank.clock.advance(16 * 60)


@pytest.mark.parametrize(("end", "status"), [(close, "closed"), (expire, "expired")])
def test_an_order_that_was_not_paid_says_why_and_leads_back(
    bank: PayingBank, browser: Browser, end: Callable[[PayingBank, Order], None], status: str
) -> None:
    order = ordered(bank)
    end(bank, order)
    assert browser.get(f"/pay/{order.id}").outcome == status
    assert "no money was taken" in browser.html
    assert f"/pay/{order.id}/return" in browser.html
    assert "f-mobile" not in browser.html


def test_an_order_that_was_paid_shows_what_was_refunded(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    order = ordered(bank)
    paid_quickly(bank, browser, order, mei)
    request = OrderRefundRequest(amount=8_00, merchant_refund="R-1")  # type: ignore[arg-type]
    bank.run(bank.services.orders.refund(bank.shop, order.id, request))
    assert browser.get(f"/pay/{order.id}").outcome == "partially_refunded"
    assert "¥8.00" in browser.html


def test_what_is_captured_later_is_reserved_then_taken(bank: PayingBank, mei: DepositAccount, browser: Browser) -> None:
    order = ordered(bank, capture="later")
    assert paid_quickly(bank, browser, order, mei).outcome == "authorised"
    assert "reserved" in browser.html
    bank.run(bank.services.orders.capture(bank.shop, order.id, CaptureRequest(amount=SMALL, merchant_capture="C-1")))  # type: ignore[arg-type]
    assert browser.get(f"/pay/{order.id}").outcome == "captured"


def test_an_order_for_the_till_alone_offers_no_other_way(bank: PayingBank, browser: Browser) -> None:
    order = ordered(bank, methods=[Method.CODE])
    assert "Pay at the till" in browser.get(f"/pay/{order.id}").html
    assert "f-mobile" not in browser.html
    assert f"/pay/{order.id}/wallet" not in browser.html


def test_nothing_of_the_payer_and_nothing_that_the_shop_keeps_is_shown(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    order = ordered(bank, metadata={"internal": "margin-37"}, customer={"reference": "crm-4711"})
    shown = browser.get(f"/pay/{order.id}").html
    paid_quickly(bank, browser, order, mei)
    browser.client.cookies.clear()
    shown += browser.get(f"/pay/{order.id}").html
    for secret in ("margin-37", "crm-4711", mei.last_four, MEI):
        assert secret not in shown, secret
