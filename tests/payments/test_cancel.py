"""Payments that wait for their customer: what they hold, and how they end."""

from __future__ import annotations

from typing import Any

import pytest

from feiqian.accounts.kinds import AccountKind
from feiqian.events import PaymentCancelled
from feiqian.ledger.chart import account_id
from feiqian.money import CNY
from feiqian.payments.errors import NotCancellable, NotWaiting
from feiqian.payments.policy import VERIFICATION_SECONDS


def test_above_the_limit_a_payment_waits_and_reserves_no_money(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(5_000_00), bank.merchant()
    assert run(bank.pay(merchant, customer, 1_000_00)).status == "succeeded"
    view = run(bank.pay(merchant, customer, 1_000_01))
    assert (view.status, view.fee, view.net) == ("needs_verification", 0, 0)
    assert (view.expires_at - view.created_at).total_seconds() == VERIFICATION_SECONDS
    wallet = bank.engine.account(account_id(AccountKind.CUSTOMER_WALLET, CNY.number, customer))
    assert (wallet.balance, wallet.available) == (4_000_00, 4_000_00)


def test_when_the_days_count_is_used_up_small_payments_wait_too(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00, unverified_per_day=2), bank.merchant()
    views = [run(bank.pay(merchant, customer, 1_00, code=bank.fresh_code(customer))) for _ in range(3)]
    assert [view.status for view in views] == ["succeeded", "succeeded", "needs_verification"]
    assert bank.wallet(customer) == 98_00


def test_a_waiting_payment_is_cancelled_once_and_again_to_the_same_end(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(2_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, 2_000_00, order="A-1"))
    assert run(bank.payments.cancel(merchant, waiting.id)).status == "cancelled"
    assert run(bank.payments.cancel(merchant, waiting.id)).status == "cancelled"
    assert run(bank.payments.get(merchant, waiting.id)).status == "cancelled"
    assert sum(isinstance(fact, PaymentCancelled) for fact in bank.journaled()[1]) == 1
    again = run(bank.pay(merchant, customer, 2_000_00, order="A-1"))
    assert again == waiting, "a retry gets the first answer"
    with pytest.raises(NotWaiting) as error:
        run(bank.payments.confirmations.bound_of(customer, waiting.id))
    assert error.value.status == "cancelled"


@pytest.mark.parametrize("amount", [1_00, 200_00])
def test_what_does_not_wait_cannot_be_cancelled(bank: Any, run: Any, amount: int) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    payment = run(bank.pay(merchant, customer, amount))
    with pytest.raises(NotCancellable) as error:
        run(bank.payments.cancel(merchant, payment.id))
    assert error.value.status == payment.status


def test_abuse_16_a_cancellation_after_the_expiry_comes_too_late(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(2_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, 2_000_00))
    bank.clock.advance(VERIFICATION_SECONDS)
    for _ in range(2):
        with pytest.raises(NotCancellable) as error:
            run(bank.payments.cancel(merchant, waiting.id))
        assert error.value.status == "expired"
    assert run(bank.payments.get(merchant, waiting.id)).status == "expired"


def test_abuse_16_a_confirmed_payment_is_neither_cancelled_nor_expired(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(5_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, 2_000_00, order="A"))
    assert run(bank.confirm(customer, waiting)).status == "succeeded"
    bank.clock.advance(VERIFICATION_SECONDS)
    with pytest.raises(NotCancellable) as error:
        run(bank.payments.cancel(merchant, waiting.id))
    assert error.value.status == "succeeded"
    assert run(bank.payments.get(merchant, waiting.id)).status == "succeeded"
