"""Refunds: several partial ones, never above what was captured, whatever races."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import msgspec
import pytest

from feiqian.accounts.kinds import AccountKind
from feiqian.events import RefundDecided
from feiqian.ledger import chart
from feiqian.ledger.chart import account_id
from feiqian.ledger.engine import Side
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.money import CNY
from feiqian.payments import plan
from feiqian.payments.errors import NotRefundable, OrderConflict, PaymentNotFound
from feiqian.payments.requests import RefundRequest


def refunded(bank: Any) -> list[int]:
    return [fact.amount for fact in bank.journaled()[1] if isinstance(fact, RefundDecided) and not fact.reason]


def test_a_refund_goes_back_to_the_wallet_and_the_fee_stays(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant(fee=100)

    async def story() -> None:
        await bank.pay(merchant, bank.customer(50_00), 50_00)
        payment = await bank.pay(merchant, customer, 20_00)
        view = await bank.refund(merchant, payment, 5_00, "R-1")
        assert (view.status, view.amount, view.currency, view.payment) == ("succeeded", 5_00, "CNY", payment.id)
        assert (bank.wallet(customer), bank.fees) == (85_00, 70)
        assert bank.takings(merchant) == 70_00 - 70 - 5_00
        assert (await bank.payments.get(merchant, payment.id)).refunded == 5_00

    run(story())


def test_abuse_12_concurrent_partial_refunds_never_sum_to_more_than_was_captured(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(500_00), bank.merchant()
    dice = random.Random(12)

    async def story() -> None:
        other = await bank.pay(merchant, customer, 400_00)  # so that the balance is not what limits
        payment = await bank.pay(merchant, customer, 100_00)
        amounts = [dice.randrange(1, 40_00) for _ in range(64)]
        views = await asyncio.gather(*(bank.refund(merchant, payment, a, f"R-{n}") for n, a in enumerate(amounts)))
        done = sum(view.amount for view in views if view.status == "succeeded")
        assert done <= 100_00
        assert {view.reason for view in views} == {None, "refund_above_captured"}
        rest = await bank.refund(merchant, payment, 100_00 - done, "rest")
        assert rest.status == "succeeded"
        assert (await bank.refund(merchant, payment, 1, "more")).reason == "refund_above_captured"
        assert (await bank.payments.get(merchant, payment.id)).refunded == 100_00
        assert (await bank.payments.get(merchant, other.id)).refunded == 0

    run(story())
    assert sum(refunded(bank)) == 100_00
    assert bank.wallet(customer) == 100_00


def test_abuse_12_waiting_for_another_day_or_year_makes_no_more_refundable(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(500_00), bank.merchant()
    run(bank.pay(merchant, customer, 400_00))
    payment = run(bank.pay(merchant, customer, 50_00))
    for days in (1, 31, 366):
        assert run(bank.refund(merchant, payment, 10_00, f"R-{days}")).status == "succeeded"
        bank.clock.advance(86_400 * days)
    assert run(bank.refund(merchant, payment, 20_01, "R-last")).reason == "refund_above_captured"


def test_the_same_refund_number_is_one_refund_in_flight_later_and_after_a_restart(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()

    async def story() -> tuple[Any, bytes]:
        payment = await bank.pay(merchant, customer, 50_00)
        views = await asyncio.gather(*(bank.refund(merchant, payment, 10_00, "R-1") for _ in range(8)))
        assert len(set(map(msgspec.json.encode, views))) == 1
        return payment, msgspec.json.encode(views[0])

    payment, first = run(story())
    again = bank.again()
    assert msgspec.json.encode(run(again.refund(merchant, payment, 10_00, "R-1"))) == first
    with pytest.raises(OrderConflict):
        run(again.refund(merchant, payment, 11_00, "R-1"))
    assert refunded(again) == [10_00]
    again.close()


def test_abuse_22_the_same_refund_number_with_another_amount_is_a_conflict(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    payment = run(bank.pay(merchant, customer, 50_00))
    assert run(bank.refund(merchant, payment, 50_01, "R-1")).reason == "refund_above_captured"
    with pytest.raises(OrderConflict):
        run(bank.refund(merchant, payment, 50_00, "R-1"))
    assert run(bank.refund(merchant, payment, 49_00, "R-2")).status == "succeeded"


def test_abuse_27_a_declined_refund_stays_declined(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(200_00), bank.merchant(fee=100)
    payment = run(bank.pay(merchant, customer, 50_00))
    first = run(bank.refund(merchant, payment, 50_00, "R-1"))
    assert (first.status, first.reason) == ("declined", "merchant_balance_insufficient")
    run(bank.pay(merchant, customer, 50_00, code=bank.fresh_code(customer)))
    assert run(bank.refund(merchant, payment, 50_00, "R-1")) == first
    assert run(bank.refund(merchant, payment, 50_00, "R-2")).status == "succeeded"


def test_the_same_refund_number_of_another_payment_is_another_refund(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    payments = [run(bank.pay(merchant, customer, 10_00, code=bank.fresh_code(customer))) for _ in range(3)]
    views = [run(bank.refund(merchant, payment, 1_00, "R-1")) for payment in payments]
    assert len({view.id for view in views}) == 3
    assert refunded(bank) == [1_00] * 3


def test_abuse_30_a_merchant_cannot_refund_anothers_payment(bank: Any, run: Any) -> None:
    customer, merchant, other = bank.customer(100_00), bank.merchant(), bank.merchant("Other")
    payment = run(bank.pay(merchant, customer, 10_00))
    before = bank.journaled()
    with pytest.raises(PaymentNotFound) as theirs:
        run(bank.refund(other, payment, 1_00, "R-1"))
    with pytest.raises(PaymentNotFound) as nobodys:
        run(bank.payments.refund(other, "pay_none", RefundRequest(amount=1_00, merchant_refund="R-1")))
    assert str(theirs.value).replace(payment.id, "") == str(nobodys.value).replace("pay_none", "")
    for question in (bank.payments.get, bank.payments.cancel):
        with pytest.raises(PaymentNotFound):
            run(question(other, payment.id))
    with pytest.raises(PaymentNotFound):
        run(bank.payments.get_by_order(other, payment.merchant_order))
    assert run(bank.payments.list(other, None, 10)).data == []
    assert run(bank.payments.list(other, payment.id, 10)).data == []
    assert bank.journaled() == before


@pytest.mark.parametrize("amount", [500_00, 5_000_00])
def test_what_did_not_succeed_is_not_refunded(bank: Any, run: Any, amount: int) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    payment = run(bank.pay(merchant, customer, amount))
    assert payment.status != "succeeded"
    with pytest.raises(NotRefundable) as error:
        run(bank.refund(merchant, payment, 1, "R-1"))
    assert error.value.status == payment.status


@pytest.mark.parametrize(
    ("kind", "side", "reason"),
    [
        (AccountKind.CUSTOMER_WALLET, Side.CREDIT, "not_possible"),
        (MerchantAccountKind.PAYABLE, Side.DEBIT, "merchant_not_accepting"),
    ],
)
def test_a_frozen_account_declines_a_refund(bank: Any, run: Any, kind: AccountKind, side: Side, reason: str) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    payment = run(bank.pay(merchant, customer, 10_00))
    owner = customer if kind is AccountKind.CUSTOMER_WALLET else merchant.number
    bank.post(chart.freeze(account_id(kind, CNY.number, owner), side))
    assert run(bank.refund(merchant, payment, 1_00, "R-1")).reason == reason
    assert bank.engine.used(plan.refundable(plan.payment_transfer(merchant.number, "order-1"))) is None
