"""One decision for every method: limits, risk, chain, fact. A method says only who pays, and what it claims."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from feiqian import limits as limits_feature
from feiqian import payments
from feiqian.accounts.kinds import wallet_id
from feiqian.clock import MICROSECONDS
from feiqian.ledger import chart
from feiqian.ledger.engine import LINKED, Refusal
from feiqian.limits.counting import linked
from feiqian.limits.kinds import LimitAllowanceKind, counter_id
from feiqian.limits.model import LimitQuestion, Refused
from feiqian.limits.service import STEP_UP, PaymentLimits
from feiqian.money import CNY
from feiqian.payments import plan
from feiqian.payments.intent import Channel, Intent, Method
from feiqian.payments.policy import Decline
from feiqian.policy.load import load_policy

CN = load_policy("cn")
ABOVE_UNVERIFIED = 1_500_00
SLIP = Method("slip", {Refusal.CLAIMED: Decline.REFUSED_BY_CUSTOMER})


def intent(bank: Any, payer: int, merchant: Any, amount: int, **more: Any) -> Intent:
    """What a method without codes brings."""
    order = more.pop("order", "A")
    return Intent(
        attempt=plan.payment_transfer(merchant.number, order),
        payer=payer,
        source=more.pop("source", wallet_id(CNY.number, payer)),
        payee=merchant.number,
        amount=amount,
        currency=CNY.number,
        fee_basis_points=60,
        merchant_order=order,
        description="",
        store="",
        terminal="",
        asked_at=bank.clock.now(),
        method=SLIP,
        channel=Channel.POINT_OF_SALE,
        **more,
    )


def claim(slip: int) -> bytes:
    event = chart.claim(chart.claim_id(202, slip), 2**40)
    return event[:1] + bytes([LINKED]) + event[2:]


# --- methods -----------------------------------------------------------------------------------------------------


def test_a_payment_needs_no_code(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    decision = bank.payments._authorizer.decide(intent(bank, customer, merchant, 10_00))
    assert decision.fact.status == "succeeded"
    assert (bank.wallet(customer), bank.takings(merchant), bank.fees) == (90_00, 9_94, 6)
    waits = bank.payments._authorizer.decide(intent(bank, customer, merchant, 50_00, order="B"))
    assert waits.fact.status == "succeeded"


def test_a_payment_without_a_code_waits_for_its_customer_like_any_other(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(2_000_00), bank.merchant()
    fact = bank.payments._authorizer.decide(intent(bank, customer, merchant, ABOVE_UNVERIFIED)).fact
    bank.ledger.commit()
    (waiting,) = run(bank.payments.confirmations.waiting(customer))
    assert (fact.status, waiting.id) == ("needs_verification", fact.id)


@pytest.mark.parametrize("amount", [1_00, ABOVE_UNVERIFIED])
def test_the_method_says_what_a_refusal_of_its_own_events_means(bank: Any, amount: int) -> None:
    customer, merchant = bank.customer(2_000_00), bank.merchant()
    decide, events = bank.payments._authorizer.decide, claim(1) + claim(2)
    bank.post(chart.claim(chart.claim_id(202, 2), 2**40))
    declined = decide(intent(bank, customer, merchant, amount, events=events)).fact
    assert (declined.status, declined.reason) == ("declined", "refused_by_customer")
    poor = decide(intent(bank, bank.customer(0), merchant, 1_00, order="B", events=claim(3))).fact
    assert poor.reason == "insufficient_funds", "the steps of the payment come after the method's events"


# --- risk --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [1_00, ABOVE_UNVERIFIED])
def test_a_payment_that_is_too_risky_is_declined_for_good(bank: Any, run: Any, amount: int) -> None:
    customer, merchant, asked = bank.customer(2_000_00), bank.merchant(), []

    def deny(intent: Intent) -> Decline:
        asked.append(intent)
        return Decline.NOT_POSSIBLE

    bank.risk = deny
    request = bank.request(customer, amount)
    first = run(bank.payments.pay(merchant, request))
    assert (first.status, first.reason) == ("declined", "not_possible")
    assert run(bank.payments.pay(merchant, request)) == first
    (seen,) = asked
    assert (seen.payer, seen.payee, seen.amount, seen.method.name) == (customer, merchant.number, amount, "code")
    assert (bank.wallet(customer), run(bank.payments.confirmations.waiting(customer))) == (2_000_00, [])
    bank.risk = lambda intent: None
    assert run(bank.payments.pay(merchant, request)) == first, "a decision is made once"
    assert run(bank.pay(merchant, customer, 1_00, code=request.payment_code)).status == "succeeded", (
        "its code is unused"
    )


def test_risk_is_not_asked_about_what_the_limits_decline(bank: Any, run: Any) -> None:
    customer, merchant, asked = bank.customer(2_000_00), bank.merchant(), []
    bank.risk = asked.append
    bank.people.levels[customer] = 0
    assert run(bank.pay(merchant, customer, 1_00)).reason == "identity_not_verified"
    assert asked == []


# --- limits ------------------------------------------------------------------------------------------------------


def test_asking_for_the_limits_changes_nothing_and_is_answered_as_of_today(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(2_000_00, unverified_per_day=2, day_amount=150_00), bank.merchant()
    limits = PaymentLimits(CN, bank.people, bank.ledger)
    for _ in range(2):
        assert run(bank.pay(merchant, customer, 75_00, code=bank.fresh_code(customer))).status == "succeeded"
    bank.ledger.commit()
    asked = customer, CNY.number, 1_00
    counted = linked(chart.use(counter_id(LimitAllowanceKind.DAY_ONE_FACTOR, CNY.number, customer), 1_00))
    for seconds, check, beyond in ((0, STEP_UP, Refused.DAILY_LIMIT), (86_400, counted, None)):
        bank.clock.advance(seconds)
        now, before = bank.clock.now() // MICROSECONDS, (bank.ledger.position, bank.engine.digest())
        for _ in range(2):
            question = LimitQuestion(*asked, now, "code")
            assert (limits.check(question), limits.beyond_today(question)) == (check, beyond)
        assert (bank.ledger.position, bank.engine.digest()) == before


# --- no waiting --------------------------------------------------------------------------------------------------


def test_the_decision_never_awaits() -> None:
    folder, below = Path(payments.__file__).parent, Path(limits_feature.__file__).parent
    deciding = [folder / f"{name}.py" for name in ("decide", "intent", "plan", "policy", "codes", "guesses")]
    deciding += [below / f"{name}.py" for name in ("service", "counting", "bounds", "explain", "kinds")]
    for path in (*deciding, *(folder / "methods").glob("*.py")):
        found = {type(node) for node in ast.walk(ast.parse(path.read_text()))}
        assert not found & {ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith}, path.name
