"""What a customer may pay depends on how well the bank knows who it is, and is little after a risky change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from feiqian.clock import MICROSECONDS
from feiqian.events import PaymentDecided
from feiqian.limits.model import LimitQuestion, Refused
from feiqian.limits.service import PaymentLimits
from feiqian.money import CNY
from feiqian.policy.load import load_policy

CN = load_policy("cn")
UNVERIFIED, REMOTE = CN.level("unverified").number, CN.level("remote").number
REMOTELY, COOLING = CN.level("remote").limits[CNY.number], CN.cooling.limits[CNY.number]
FULLY = CN.level("full").limits[CNY.number]


def of_level(bank: Any, level: int, balance: int = 60_000_00) -> int:
    customer = bank.customer(balance)
    bank.people.levels[customer] = level
    return int(customer)


def cools(bank: Any, customer: int, hours: int = 24) -> None:
    bank.people.cooling_until[customer] = bank.clock.now() // MICROSECONDS + hours * 3600


def test_whose_identity_is_not_verified_pays_nothing_whatever_is_in_the_wallet(bank: Any, run: Any) -> None:
    customer, merchant = of_level(bank, UNVERIFIED), bank.merchant()
    for amount in (1, 2_000_00):
        view = run(bank.pay(merchant, customer, amount, code=bank.fresh_code(customer)))
        assert (view.status, view.reason) == ("declined", "identity_not_verified")
        assert view.message == "The customer has to verify their identity first, in the bank's app."
    assert bank.wallet(customer) == 60_000_00


def test_each_level_has_limits_of_its_own(bank: Any, run: Any) -> None:
    customer, merchant = of_level(bank, REMOTE), bank.merchant()
    told = []
    for amount in (REMOTELY.unverified, REMOTELY.unverified + 1, REMOTELY.payment, REMOTELY.payment + 1):
        view = run(bank.pay(merchant, customer, amount, code=bank.fresh_code(customer)))
        told.append((view.status, view.reason))
    waits = ("needs_verification", None)
    assert told == [("succeeded", None), waits, waits, ("declined", "amount_too_high")]


def test_what_nobody_may_pay_is_declined_before_anyone_is_named(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(0), bank.merchant()
    view = run(bank.pay(merchant, customer, FULLY.payment + 1))
    assert (view.id, view.status, view.reason) == (None, "declined", "amount_too_high")


def test_a_wallet_in_a_currency_that_the_level_has_not_pays_nothing(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(0), bank.merchant(currency=752)
    view = run(bank.pay(merchant, customer, 1, currency="SEK"))
    assert (view.status, view.reason) == ("declined", "currency_not_supported")


def test_a_level_that_does_not_pay_pays_nothing_though_it_had_limits(bank: Any) -> None:
    levels = tuple(replace(level, pays=False) for level in CN.levels)
    limits = PaymentLimits(replace(CN, levels=levels), bank.people, bank.ledger)
    assert limits.check(LimitQuestion(bank.customer(1_00), CNY.number, 1, 0, "code")) is Refused.IDENTITY_NOT_VERIFIED


def test_what_is_left_of_today_is_told_by_the_customers_own_level(bank: Any, run: Any) -> None:
    payments, newcomer, merchant = bank.payments, of_level(bank, REMOTE), bank.merchant()
    assert payments.today(of_level(bank, UNVERIFIED), CNY.number) is None
    assert payments.today(of_level(bank, CN.level("full").number), CNY.number) == (*FULLY[:2], FULLY.day, FULLY.day)
    run(bank.pay(merchant, newcomer, 250_00))
    assert payments.today(newcomer, CNY.number) == (*REMOTELY[:2], FULLY.day - 250_00, FULLY.day)  # the ledger's cap
    bank.clock.advance(24 * 3600)
    assert payments.today(newcomer, CNY.number) == (*REMOTELY[:2], FULLY.day, FULLY.day)


def test_the_threshold_without_proof_is_nothing_once_the_days_payments_without_it_are_used(bank: Any, run: Any) -> None:
    newcomer, merchant = of_level(bank, REMOTE), bank.merchant()
    for _ in range(CN.level("full").unverified_per_day):
        assert bank.payments.today(newcomer, CNY.number).unverified == REMOTELY.unverified
        assert run(bank.pay(merchant, newcomer, 1, code=bank.fresh_code(newcomer))).status == "succeeded"
    assert bank.payments.today(newcomer, CNY.number).unverified == 0
    assert run(bank.pay(merchant, newcomer, 1, code=bank.fresh_code(newcomer))).status == "needs_verification"


def test_low_limits_after_a_change_are_told_with_what_was_paid_before(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(60_000_00), bank.merchant()
    run(bank.pay(merchant, customer, 450_00))
    cools(bank, customer)
    assert bank.payments.today(customer, CNY.number) == (*COOLING[:2], COOLING.day - 450_00, COOLING.day)


# --- after a risky change ---------------------------------------------------------------------------------------


def test_after_a_change_only_little_is_paid_and_less_without_proof(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(60_000_00), bank.merchant()
    cools(bank, customer)
    told = []
    for amount in (COOLING.unverified, COOLING.unverified + 1, COOLING.payment + 1):
        view = run(bank.pay(merchant, customer, amount, code=bank.fresh_code(customer)))
        told.append((view.status, view.reason))
    assert told == [("succeeded", None), ("needs_verification", None), ("declined", "limit_after_change")]
    bank.clock.advance(24 * 3600)
    view = run(bank.pay(merchant, customer, COOLING.payment + 1))
    assert view.status == "succeeded", "it is over"


def test_the_low_limit_of_a_day_counts_what_was_paid_before_the_change(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(60_000_00), bank.merchant()
    spent = COOLING.day - 50_00
    assert run(bank.pay(merchant, customer, spent)).status == "succeeded"
    cools(bank, customer)
    told = []
    for amount in (50_01, 49_00, 2_00, 1_00, 1):
        view = run(bank.pay(merchant, customer, amount, code=bank.fresh_code(customer)))
        told.append((view.status, view.reason))
    low = ("declined", "limit_after_change")
    assert told == [low, ("succeeded", None), low, ("succeeded", None), low]


def test_on_another_day_the_low_limit_is_fresh_though_nothing_has_told_the_ledger(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(60_000_00), bank.merchant()
    assert run(bank.pay(merchant, customer, FULLY.unverified)).status == "succeeded"
    cools(bank, customer, hours=48)
    bank.clock.advance(24 * 3600)
    assert run(bank.pay(merchant, customer, COOLING.unverified)).status == "succeeded"


def test_the_low_limit_of_a_day_holds_when_payments_are_confirmed(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(60_000_00), bank.merchant()
    cools(bank, customer)
    amount = COOLING.day // 2 + 1
    waiting = [run(bank.pay(merchant, customer, amount, code=bank.fresh_code(customer))) for _ in range(2)]
    views = [run(bank.confirm(customer, payment)) for payment in waiting]
    assert [(view.status, view.reason) for view in views] == [("succeeded", None), ("declined", "limit_after_change")]


def test_a_low_level_is_not_raised_by_cooling_off(bank: Any, run: Any) -> None:
    customer, merchant = of_level(bank, UNVERIFIED), bank.merchant()
    cools(bank, customer)
    assert run(bank.pay(merchant, customer, 1)).reason == "identity_not_verified"


# --- such a decline is a decision like any other ------------------------------------------------------------------


@pytest.mark.parametrize("restart", [False, True])
def test_an_order_that_was_declined_so_stays_declined(bank: Any, run: Any, restart: bool) -> None:
    customer, merchant = of_level(bank, UNVERIFIED), bank.merchant()
    request = bank.request(customer, 10_00, "A-1")
    first = run(bank.payments.pay(merchant, request))
    here = bank.again() if restart else bank
    try:
        here.people.levels[customer] = REMOTE  # by now the identity is verified
        here.clock.advance(60)
        assert run(here.payments.pay(merchant, request)) == first
        assert run(here.payments.get(merchant, first.id)).reason == "identity_not_verified"
        facts = [fact for fact in here.journaled()[1] if isinstance(fact, PaymentDecided)]
        assert len(facts) == 1
        anew = run(here.pay(merchant, customer, 10_00, order="A-2", code=here.fresh_code(customer)))
        assert anew.status == "succeeded"
        assert (run(here.reads.newest_of_customer(customer)))[-1].reason == "identity_not_verified"
    finally:
        if restart:
            here.close()


def test_a_code_that_was_declined_so_is_not_used_up(bank: Any, run: Any) -> None:
    customer, merchant = of_level(bank, UNVERIFIED), bank.merchant()
    code = bank.code(customer)
    run(bank.pay(merchant, customer, 10_00, code=code))
    bank.people.levels[customer] = REMOTE
    assert run(bank.pay(merchant, customer, 10_00, code=code)).status == "succeeded"
