"""A payment that the read model could not take: said to be incomplete, never "not found"; everybody else goes on."""

from __future__ import annotations

from typing import Any

import pytest

from feiqian.accounts.kinds import AccountKind
from feiqian.ledger import chart
from feiqian.ledger.chart import BANK, account_id
from feiqian.ledger.engine import EVENT, Type
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.money import CNY
from feiqian.payments.errors import PaymentNotFound, RecordIncomplete
from feiqian.payments.requests import RefundRequest


def fill(bank: Any, merchant: Any, room: int) -> None:
    """Leaves the merchant's account so much room in a column of the read model, as no version lets anyone do now."""
    cash, payable = (
        account_id(kind, CNY.number, owner)
        for kind, owner in ((AccountKind.BANK_CASH, BANK), (MerchantAccountKind.PAYABLE, merchant.number))
    )
    bank.post(EVENT.pack(Type.TRANSFER, 0, 0, 0, 2**63 - 1 - room, chart.derived_id(b"fill"), cash, payable, bytes(16)))


@pytest.fixture
def poisoned(bank: Any, run: Any) -> Any:
    """A payment that is set aside, with one before it, and a shop and a customer that have nothing to do with it."""
    bank.li, bank.wang = bank.customer(500_00), bank.customer(500_00)
    bank.shop, bank.other = bank.merchant(), bank.merchant()
    bank.before = run(bank.pay(bank.shop, bank.li, 10_00))
    fill(bank, bank.shop, 50_00)
    bank.lost = run(bank.pay(bank.shop, bank.li, 60_00, order="lost"))
    assert bank.lost.status == "succeeded"
    return bank


def test_abuse_85_a_payment_that_was_set_aside_is_incomplete_and_not_unknown(poisoned: Any, run: Any) -> None:
    bank, payments = poisoned, poisoned.payments
    for question in (
        payments.get(bank.shop, bank.lost.id),
        payments.get_by_order(bank.shop, "lost"),
        payments.cancel(bank.shop, bank.lost.id),
        payments.refund(bank.shop, bank.lost.id, RefundRequest(merchant_refund="r1", amount=1)),
    ):
        with pytest.raises(RecordIncomplete):
            run(question)
    assert bank.wallet(bank.li) == 430_00  # nothing went back


def test_abuse_85_its_shops_lists_say_that_they_are_incomplete_and_others_do_not(poisoned: Any, run: Any) -> None:
    bank, payments = poisoned, poisoned.payments
    later = run(bank.pay(bank.other, bank.wang, 5_00))
    page = run(payments.list(bank.shop, None, 10))
    assert ([view.id for view in page.data], page.incomplete) == ([bank.before.id], True)
    page = run(payments.list(bank.other, None, 10))
    assert ([view.id for view in page.data], page.incomplete) == ([later.id], False)
    assert run(payments.balance(bank.shop)).incomplete
    assert not run(payments.balance(bank.other)).incomplete
    assert [run(bank.reads.customer_incomplete(number)) for number in (bank.li, bank.wang)] == [True, False]


def test_abuse_85_what_does_not_depend_on_it_goes_on(poisoned: Any, run: Any) -> None:
    bank, payments = poisoned, poisoned.payments
    refund = run(payments.refund(bank.shop, bank.before.id, RefundRequest(merchant_refund="r1", amount=10_00)))
    assert refund.status == "succeeded"
    assert run(payments.get(bank.shop, bank.before.id)).refunded == 10_00
    with pytest.raises(PaymentNotFound):
        run(payments.get(bank.other, "pay_" + "0" * 32))


def test_a_customer_is_told_that_a_payment_is_incomplete_and_not_that_there_is_none(poisoned: Any, run: Any) -> None:
    for question in (poisoned.payments.confirmations.bound_of, poisoned.payments.confirmations.refuse):
        with pytest.raises(RecordIncomplete):
            run(question(poisoned.li, poisoned.lost.id))
        with pytest.raises(PaymentNotFound):
            run(question(poisoned.wang, poisoned.lost.id))
