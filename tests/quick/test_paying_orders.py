"""An order is paid by mobile number, last six digits and a code."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from feiqian.clock import DAY
from feiqian.deposits.model import DepositAccount
from feiqian.money import CNY
from feiqian.orders.model import Order
from feiqian.orders.read_model import READ_MODEL as ORDERS
from feiqian.orders.requests import OrderRequest
from feiqian.projections.projector import Projector
from feiqian.quick.paying_errors import NotPayable
from feiqian.quick.paying_tables import paid_orders
from tests.quick.paying_bank import SMALL, PayingBank
from tests.quick.paying_bank import bank as _bank
from tests.quick.paying_bank import mei as mei

bank_of_payments = _bank


@pytest.fixture
def bank(bank_of_payments: PayingBank) -> Iterator[PayingBank]:
    projector = Projector(bank_of_payments.journal, bank_of_payments.read_db, ORDERS)
    projector.step()
    bank_of_payments.ledger.subscribe(lambda position, facts: projector.step())
    yield bank_of_payments
    bank_of_payments.services.orders.reads.close()


def ordered(bank: PayingBank, number: str = "A-1001") -> Order:
    request = OrderRequest(merchant_order=number, amount=SMALL, currency=CNY.code, description="Water")  # type: ignore[arg-type]
    return bank.run(bank.services.orders.create(bank.shop, request))


def test_an_order_is_paid_with_number_six_digits_and_a_code(bank: PayingBank, mei: DepositAccount) -> None:
    order = ordered(bank)
    begun = bank.start(bank.run(bank.quick.bill_of(order.id)), bank.six(mei))
    bank.enter(begun)
    view = bank.run(bank.quick.pay(begun.id, begun.challenge.id))
    assert (view.status, bank.held(mei)) == ("succeeded", 2_000_00 - SMALL)
    paid = bank.run(bank.services.orders.get(bank.shop, order.id))
    assert (paid.status, paid.payment, paid.attempts[0].method) == ("paid", view.id, "quick")
    shown = bank.run(bank.quick.get(begun.id, begun.challenge.id))
    assert shown.row
    assert (shown.status, shown.row.id) == ("succeeded", view.id)
    assert bank.run(bank.quick.pay(begun.id, begun.challenge.id)) == view, "a retry"


def test_two_who_confirm_the_same_order_pay_it_once(bank: PayingBank, mei: DepositAccount) -> None:
    order = ordered(bank)
    bill = bank.run(bank.quick.bill_of(order.id))
    begun = [bank.start(bill, bank.six(mei)) for _ in range(2)]
    for each in begun:
        bank.enter(each)
    views = [bank.run(bank.quick.pay(each.id, each.challenge.id)) for each in begun]
    assert [view.reason for view in views] == [None, "order_not_open"]
    assert bank.held(mei) == 2_000_00 - SMALL


def test_an_order_that_is_closed_is_not_begun(bank: PayingBank, mei: DepositAccount) -> None:
    order = ordered(bank)
    bank.run(bank.services.orders.close(bank.shop, order.id))
    with pytest.raises(NotPayable, match="order"):
        bank.run(bank.quick.bill_of(order.id))


def test_what_was_never_confirmed_leaves_nothing_of_its_order(bank: PayingBank, mei: DepositAccount) -> None:
    begun = bank.start(bank.run(bank.quick.bill_of(ordered(bank).id)), bank.six(mei))
    assert begun.id
    bank.clock.advance(2 * DAY // 1_000_000)
    bank.do(bank.quick.kept.sweep, bank.clock.now(), 100)
    with bank.db.read() as connection:
        assert connection.execute(select(func.count()).select_from(paid_orders)).scalar_one() == 0
