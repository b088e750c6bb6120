"""A bank with orders, and a browser that pays them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from feiqian.deposits.model import DepositAccount
from feiqian.money import CNY
from feiqian.orders.model import Order
from feiqian.orders.read_model import READ_MODEL as ORDERS
from feiqian.orders.read_model.reads import OrderReads
from feiqian.orders.requests import OrderRequest
from feiqian.projections.projector import Projector
from feiqian.testing.pages import bank_routes, lent_application
from feiqian.web.application import site_of
from tests.customers.people import MEI
from tests.quick.paying_bank import SMALL, PayingBank
from tests.quick.paying_bank import bank as paying_bank
from tests.quick.paying_bank import mei as mei
from tests.quick.test_pay_pages import Browser

SHOP = "https://shop.example/thanks?basket=7"
__all__ = ["paying_bank"]


@pytest.fixture
def bank(paying_bank: PayingBank, tmp_path: Path) -> Iterator[PayingBank]:
    projector = Projector(paying_bank.journal, paying_bank.read_db, ORDERS)
    projector.step()
    paying_bank.ledger.subscribe(lambda position, facts: projector.step())
    paying_bank.services.orders.reads = OrderReads(tmp_path / "bank" / "read.db")
    yield paying_bank
    paying_bank.services.orders.reads.close()


@pytest.fixture
def browser(bank: PayingBank) -> Iterator[Browser]:
    with (
        lent_application(site_of(bank.services), bank_routes) as app,
        TestClient(app, base_url="http://127.0.0.1:8080") as client,
    ):
        client.headers["Sec-Fetch-Site"] = "same-origin"
        yield Browser(client)


def ordered(bank: PayingBank, number: str = "A-1001", amount: int = SMALL, **more: Any) -> Order:
    asked: dict[str, Any] = {"merchant_order": number, "amount": amount, "currency": CNY.code, "return_url": SHOP}
    request = msgspec.convert(asked | {"description": "Tea"} | more, OrderRequest)
    return bank.run(bank.services.orders.create(bank.shop, request))


def stands(bank: PayingBank, order: Order) -> Order:
    """The order as it is now."""
    return bank.run(bank.services.orders.get(bank.shop, order.id))


def identified(browser: Browser, order: Order, account: str, mobile: str = MEI) -> Browser:
    browser.get(f"/pay/{order.id}")
    return browser.send(f"/pay/{order.id}", country="CN", mobile=mobile, account=account)


def confirmed(browser: Browser, order: Order, code: str) -> Browser:
    return browser.send(f"/pay/{order.id}/confirm", do="answer", way="0", factor="sms", answer=code)


def paid_quickly(bank: PayingBank, browser: Browser, order: Order, account: DepositAccount) -> Browser:
    identified(browser, order, bank.six(account))
    return confirmed(browser, order, bank.code())
