"""An order that is paid by who is signed in."""

from __future__ import annotations

from typing import Any

import pytest

from feiqian.accounts.kinds import wallet_id
from feiqian.auth.challenges.errors import BindingDiffers, ChallengeOver
from feiqian.money import CNY
from feiqian.orders.errors import OrderStateForbids, SourceInvalid
from feiqian.projections.errors import ReadsBehind
from feiqian.subjects import customer as subject


@pytest.fixture(autouse=True)
def tied(bank: Any) -> Any:
    yield
    bank.ties()


def test_an_order_is_paid_from_the_wallet_with_what_was_proved(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(5_000_00)
    order = run(bank.order(merchant, 2_000_00))
    view = run(bank.pay_from_wallet(customer, order))
    assert view.status == "succeeded"
    paid = run(bank.orders.get(merchant, order.id))
    assert (paid.status, paid.attempts[0].method, bank.wallet(customer)) == ("paid", "online", 3_000_00)


def test_abuse_37_a_challenge_that_was_spent_pays_nothing_more(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    first, second = run(bank.order(merchant)), run(bank.order(merchant, number="A-2"))
    view = run(bank.pay_from_wallet(customer, first))
    assert run(bank.pay_from_wallet(customer, first, "chl_1")) == view  # a lost answer
    with pytest.raises((ChallengeOver, BindingDiffers)):
        run(bank.pay_from_wallet(customer, second, "chl_1"))
    assert bank.wallet(customer) == 87_50


def test_abuse_38_a_challenge_pays_the_order_that_it_was_for(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    cheap, dear = run(bank.order(merchant)), run(bank.order(merchant, 90_00, number="A-2"))
    challenge = bank.challenges.passed(customer, run(bank.wallet_orders._binding(customer, cheap.id)))
    with pytest.raises(BindingDiffers):
        run(bank.pay_from_wallet(customer, dear, challenge))
    assert bank.wallet(customer) == 100_00


def test_nothing_is_asked_for_an_order_that_cannot_be_paid(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    closed = run(bank.order(merchant))
    run(bank.orders.close(merchant, closed.id))
    by_code = run(bank.order(merchant, number="A-2", methods=["code"]))
    for order in (closed, by_code):
        with pytest.raises(OrderStateForbids):
            run(bank.pay_from_wallet(customer, order))


def test_an_order_is_paid_from_an_own_account_alone(bank: Any, run: Any) -> None:
    merchant, customer, other = bank.merchant(), bank.customer(100_00), bank.customer(100_00)
    order = run(bank.order(merchant))
    for source in (wallet_id(CNY.number, other), b"x" * 16):
        with pytest.raises(SourceInvalid):
            run(bank.wallet_orders.pay(subject(customer), order.id, "chl_1", source))


def test_the_payer_is_told_of_the_same_payment_minutes_ago(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    run(bank.pay(merchant, customer, 12_50))
    order = run(bank.order(merchant))
    assert run(bank.wallet_orders.look(customer, order.id)).paid_before is not None
    assert run(bank.wallet_orders.look(bank.customer(1_00), order.id)).paid_before is None
    other = run(bank.order(merchant, 13_00, number="A-2"))
    assert run(bank.wallet_orders.look(customer, other.id)).paid_before is None
    bank.clock.advance(15 * 60 + 1)
    assert run(bank.wallet_orders.look(customer, order.id)).paid_before is None


def test_abuse_18_two_orders_are_counted_when_each_is_decided(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(20_00)
    first, second = run(bank.order(merchant)), run(bank.order(merchant, number="A-2"))
    challenges = [
        bank.challenges.passed(customer, run(bank.wallet_orders._binding(customer, order.id)))
        for order in (first, second)
    ]
    assert run(bank.pay_from_wallet(customer, first, challenges[0])).status == "succeeded"
    assert run(bank.pay_from_wallet(customer, second, challenges[1])).reason == "insufficient_funds"


def test_a_suspended_merchant_takes_no_new_money_and_refunds_go_on(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(fee=0), bank.customer(100_00)
    paid, open_ = run(bank.order(merchant)), run(bank.order(merchant, number="A-2"))
    run(bank.pay_from_wallet(customer, paid))
    bank.merchants.set_status(merchant.number, "suspended")
    suspended = bank.merchants.by_number(merchant.number)
    assert run(bank.pay_order(suspended, customer, open_)).reason == "merchant_not_accepting"
    for asked in (bank.pay_from_wallet(customer, open_), bank.order(suspended, number="A-3")):
        with pytest.raises(OrderStateForbids):
            run(asked)
    assert run(bank.give_back(suspended, paid, 12_50, "r1")).status == "succeeded"
    assert run(bank.orders.get(suspended, paid.id)).status == "refunded"


def test_what_was_taken_later_warns_and_what_went_back_does_not(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    held = run(bank.order(merchant, number="A-1", capture="later"))
    run(bank.pay_from_wallet(customer, held))
    order = run(bank.order(merchant, number="A-2"))
    assert run(bank.wallet_orders.look(customer, order.id)).paid_before is not None
    run(bank.orders.void(merchant, held.id))
    assert run(bank.wallet_orders.look(customer, order.id)).paid_before is None
    run(bank.pay(merchant, bank.customer(50_00), 50_00))  # what the merchant gives back the fee from
    paid = run(bank.pay(merchant, customer, 12_50))
    run(bank.refund(merchant, paid, 12_00, "R-1"))
    assert run(bank.wallet_orders.look(customer, order.id)).paid_before is not None
    run(bank.refund(merchant, paid, 50, "R-2"))
    assert run(bank.wallet_orders.look(customer, order.id)).paid_before is None


def test_an_order_is_shown_without_a_warning_while_the_reads_are_behind(
    bank: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    run(bank.pay(merchant, customer, 12_50))
    order = run(bank.order(merchant))

    async def behind(*_: object, **__: object) -> None:
        raise ReadsBehind("behind")

    monkeypatch.setattr(bank.wallet_orders.payment_reads, "wait", behind)
    assert run(bank.wallet_orders.look(customer, order.id)) == (order, merchant, None)
    assert run(bank.pay_from_wallet(customer, order)).status == "succeeded"
