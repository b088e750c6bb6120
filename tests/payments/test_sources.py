"""A payment is taken from the account that is chosen for it, and what comes back goes there."""

from __future__ import annotations

from typing import Any

import pytest

from feiqian import subjects
from feiqian.accounts.kinds import AccountKind, deposit_id
from feiqian.auth.challenges.model import Passed
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.engine import Side
from feiqian.money import CNY
from feiqian.payments import plan
from feiqian.payments.intent import Channel, Intent, Method
from feiqian.policy.factors import Factor, Purpose

QUICK = Method("quick", {})


def account(bank: Any, customer: int, balance: int, index: int = 1) -> bytes:
    """A deposit account of the customer's with money on it."""
    id = deposit_id(CNY.number, CustomerNumber(customer), index)
    opened = chart.account(id, AccountKind.CUSTOMER_DEPOSIT, CNY.number)
    cash = chart.account_id(AccountKind.BANK_CASH, CNY.number, chart.BANK)
    brought = chart.transfer(chart.derived_id(b"test", id), debit=cash, credit=id, amount=balance)
    bank.post(opened, brought)
    return id


def held(bank: Any, id: bytes) -> int:
    return int(bank.engine.account(id).balance)


@pytest.fixture
def shopper(bank: Any) -> tuple[int, bytes]:
    """A customer with 10 yuan in the wallet and 3,000 on an account, who pays from the account."""
    customer = bank.customer(10_00)
    source = account(bank, customer, 3_000_00)
    bank.payments.choose_sources(lambda *_: source)
    return customer, source


def test_a_payment_by_code_is_taken_from_the_chosen_account(bank: Any, run: Any, shopper: tuple[int, bytes]) -> None:
    customer, source = shopper
    merchant = bank.merchant()
    assert run(bank.pay(merchant, customer, 100_00)).status == "succeeded"
    assert (held(bank, source), bank.wallet(customer)) == (2_900_00, 10_00)
    (fact,) = bank.journaled()[1]
    assert (fact.source, fact.method) == (source, "code")
    (listed,) = run(bank.reads.newest_of_customer(CustomerNumber(customer)))
    assert listed.id == fact.id, "the customer's list has what any of the accounts paid"


def test_a_payment_that_waits_is_confirmed_from_the_account_it_was_asked_of(
    bank: Any, run: Any, shopper: tuple[int, bytes]
) -> None:
    customer, source = shopper
    waiting = run(bank.pay(bank.merchant(), customer, 1_500_00))
    assert waiting.status == "needs_verification"
    bank.payments.choose_sources(lambda *_: deposit_id(CNY.number, CustomerNumber(customer), 99))
    assert run(bank.confirm(customer, waiting)).status == "succeeded"
    assert held(bank, source) == 1_500_00


def test_a_frozen_account_pays_nothing_and_the_wallet_is_left_alone(
    bank: Any, run: Any, shopper: tuple[int, bytes]
) -> None:
    customer, source = shopper
    bank.post(chart.freeze(source, Side.DEBIT))
    declined = run(bank.pay(bank.merchant(), customer, 5_00))
    assert (declined.status, declined.reason) == ("declined", "wallet_cannot_pay")
    assert bank.wallet(customer) == 10_00


def test_a_refund_goes_back_to_the_account(bank: Any, run: Any, shopper: tuple[int, bytes]) -> None:
    customer, source = shopper
    merchant = bank.merchant()
    bank.payments.choose_sources(lambda *_: source)
    paid = run(bank.pay(merchant, customer, 100_00))
    run(bank.pay(merchant, customer, 100_00, code=bank.fresh_code(customer)))
    assert run(bank.refund(merchant, paid, 40_00, "R1")).status == "succeeded"
    assert (held(bank, source), bank.wallet(customer)) == (2_840_00, 10_00)


def test_a_refund_goes_to_the_wallet_when_the_account_is_closed(
    bank: Any, run: Any, shopper: tuple[int, bytes]
) -> None:
    customer, source = shopper
    merchant = bank.merchant()
    paid = run(bank.pay(merchant, customer, 100_00))
    run(bank.pay(merchant, customer, 100_00, code=bank.fresh_code(customer)))
    cash = chart.account_id(AccountKind.BANK_CASH, CNY.number, chart.BANK)
    out = chart.transfer(chart.derived_id(b"out", source), debit=source, credit=cash, amount=held(bank, source))
    bank.post(out, chart.close(source))
    assert run(bank.refund(merchant, paid, 40_00, "R1")).status == "succeeded"
    assert bank.wallet(customer) == 50_00


def proved(customer: int) -> Passed:
    """The customer has entered the code of an SMS for this payment."""
    subject = subjects.customer(CustomerNumber(customer))
    return Passed("chl_1", (Factor.SMS,), "", 0, subject, Purpose.PAYMENT)


def quick(bank: Any, customer: int, source: bytes, amount: int) -> Intent:
    merchant = bank.merchant()
    return Intent(
        attempt=plan.payment_transfer(merchant.number, "bill-1"),
        payer=CustomerNumber(customer),
        source=source,
        payee=merchant.number,
        amount=amount,
        currency=CNY.number,
        fee_basis_points=60,
        merchant_order="bill-1",
        description="",
        store="",
        terminal="",
        asked_at=bank.clock.now(),
        method=QUICK,
        channel=Channel.REMOTE,
        proved=proved(customer),
    )


def test_a_payment_that_was_verified_does_not_wait_and_keeps_its_proof(
    bank: Any, run: Any, shopper: tuple[int, bytes]
) -> None:
    customer, source = shopper
    fact = bank.payments._authorizer.decide(quick(bank, customer, source, 900_00)).fact
    assert (fact.status, fact.method, fact.source) == ("succeeded", "quick", source)
    assert (fact.proof.challenge, fact.proof.factors) == ("chl_1", ("sms",))
    assert held(bank, source) == 2_100_00


def test_the_days_limit_counts_over_methods_and_accounts(bank: Any, run: Any) -> None:
    customer = bank.customer(100_00, day_amount=300_00)
    source = account(bank, customer, 1_000_00)
    assert bank.payments._authorizer.decide(quick(bank, customer, source, 250_00)).fact.status == "succeeded"
    declined = run(bank.pay(bank.merchant("Jade Pharmacy"), customer, 60_00))
    assert (declined.status, declined.reason) == ("declined", "daily_limit")
    assert run(bank.pay(bank.merchant("Lotus Noodles"), customer, 50_00)).status == "succeeded"
