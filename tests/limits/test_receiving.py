"""Not seen face to face (2016 no. 302, 2018 no. 16): from whom one is paid, and how much an account may hold."""

from __future__ import annotations

from typing import Any

import pytest

from feiqian.accounts import opening
from feiqian.accounts.kinds import AccountKind, deposit_id, wallet_id
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.limits.receiving import Receiving, Sender
from feiqian.money import CNY, EUR


def of_level(bank: Any, level: str, balance: int) -> int:
    return int(bank.customer(balance, level=bank.policy.level(level).number))


def refused(bank: Any, customer: int, amount: int, sender: Sender, account: bytes = b"") -> str | None:
    receiving = Receiving(bank.policy, bank.people, bank.ledger)
    account = account or wallet_id(bank.currency, CustomerNumber(customer))
    found = receiving.refused(CustomerNumber(customer), bank.currency, account, amount, sender)
    return found and found.value


@pytest.mark.parametrize("level", ["remote", "bound"])
def test_nothing_comes_from_strangers_to_whoever_was_not_seen_face_to_face(bank: Any, level: str) -> None:
    customer = of_level(bank, level, 0)
    assert refused(bank, customer, 1, Sender.STRANGER) == "sender_not_bound"
    assert refused(bank, customer, 1, Sender.BOUND) is None
    assert refused(bank, customer, 1, Sender.OWN) is None, "own accounts at this bank are bound to each other"
    bank.people.levels[customer] = bank.policy.level("full").number
    assert refused(bank, customer, 1, Sender.STRANGER) is None


def test_an_account_of_class_iii_holds_two_thousand_whoever_pays_it(bank: Any) -> None:
    customer = of_level(bank, "remote", 1_500_00)
    for sender in (Sender.OWN, Sender.BOUND):
        assert refused(bank, customer, 500_00, sender) is None
        assert refused(bank, customer, 500_01, sender) == "balance_limit"
    bound = of_level(bank, "bound", 1_500_00)
    assert refused(bank, bound, 90_000_00, Sender.OWN) is None, "class II has no such limit"


def test_what_is_on_its_way_to_an_account_counts_as_held(bank: Any) -> None:
    customer = of_level(bank, "remote", 1_500_00)
    cash, wallet = chart.account_id(AccountKind.BANK_CASH, CNY.number, chart.BANK), wallet_id(CNY.number, customer)
    bank.post(chart.hold(chart.derived_id(b"t"), debit=cash, credit=wallet, amount=400_00, timeout_seconds=0))
    assert refused(bank, customer, 100_00, Sender.OWN) is None
    assert refused(bank, customer, 100_01, Sender.OWN) == "balance_limit"


def test_the_limit_is_of_each_account(bank: Any) -> None:
    customer = of_level(bank, "remote", 2_000_00)
    account = deposit_id(CNY.number, CustomerNumber(customer), 1)
    bank.post(chart.account(account, AccountKind.CUSTOMER_DEPOSIT, CNY.number))
    receiving, person = Receiving(bank.policy, bank.people, bank.ledger), CustomerNumber(customer)
    assert receiving.from_own(person, CNY.number, account, 2_000_00) is None
    assert receiving.from_own(person, CNY.number, wallet_id(CNY.number, person), 1) == "balance_limit"


def test_what_returns_of_ones_own_payment_is_never_refused(bank: Any, run: Any) -> None:
    customer = of_level(bank, "remote", 2_000_00)
    paid = run(bank.pay(bank.shop, customer, 300_00))
    bank.post(opening.correction(customer, CNY.number, 300_00, "found again"))
    assert refused(bank, customer, 1, Sender.OWN) == "balance_limit"
    assert run(bank.refund(bank.shop, paid, 200_00, "R1")).status == "succeeded"
    assert bank.wallet(customer) == 2_200_00


def test_a_payment_that_waits_and_is_given_up_is_released_whatever_the_account_holds(bank: Any, run: Any) -> None:
    customer = of_level(bank, "remote", 2_500_00)
    waiting = run(bank.pay(bank.shop, customer, 400_00))
    assert run(bank.payments.cancel(bank.shop, waiting.id)).status == "cancelled"
    assert bank.wallet(customer) == 2_500_00


def test_in_europe_strangers_may_pay_anyone(europe: Any) -> None:
    customer = int(europe.customer(0, EUR.number, level=europe.policy.level("remote").number))
    assert refused(europe, customer, 90_000_00, Sender.STRANGER) is None
