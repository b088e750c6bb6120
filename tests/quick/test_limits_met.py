"""Each limit that quick payments count towards: lowered at once, met, named, and raised with a proof and a delay."""

from __future__ import annotations

import pytest

from feiqian.auth.model import Session
from feiqian.deposits.model import DepositAccount
from feiqian.limits.model import LimitQuestion
from feiqian.limits.own import SPANS, Which
from feiqian.money import CNY, MinorUnits
from feiqian.policy.scopes import Scope, Span
from tests.quick.paying_bank import SMALL, PayingBank
from tests.quick.paying_bank import bank as bank

REASONS = {Span.PAYMENT: "amount_too_high", Span.DAY: "daily_limit", Span.MONTH: "monthly_limit"}
REASONS |= {Span.YEAR: "yearly_limit"}


@pytest.fixture
def mei(bank: PayingBank) -> Session:
    return bank.checked().session


@pytest.fixture
def account(bank: PayingBank, mei: Session) -> DepositAccount:
    return bank.account(mei.subject.customer)


def paid(bank: PayingBank, account: DepositAccount) -> str | None:
    bank.clock.advance(60)
    return bank.pay(bank.bill(), bank.six(account)).reason


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("scope", [Scope.ALL, Scope.QUICK])
def test_each_limit_is_lowered_met_and_raised(
    bank: PayingBank, mei: Session, account: DepositAccount, scope: Scope, span: Span
) -> None:
    limits, which = bank.services.own_limits, Which(CNY.number, scope, span)
    low, high = MinorUnits(SMALL - 1), MinorUnits(2 * SMALL)
    reason = REASONS[span] if scope is Scope.ALL else f"method_{REASONS[span]}"
    bank.run(limits.lower(mei, which, low))
    assert paid(bank, account) == reason
    now = bank.clock.now() // 1_000_000
    met = bank.services.limits.explain(LimitQuestion(account.customer, CNY.number, MinorUnits(SMALL), now, "quick")).met
    assert met is not None
    assert (met.scope, met.span, met.cap, met.left, bool(met.resets_at)) == (scope, span, low, low, span != "payment")
    challenge = bank.prove(bank.run(limits.challenge(mei, which, high)), mei.subject)
    bank.run(limits.raise_to(mei, which, high, challenge))
    assert paid(bank, account) == reason, "until the delay is over"
    bank.clock.advance(bank.services.policy.delays.raise_limit_hours * 3_600)
    assert bank.run(limits.raise_due()) == 1
    assert [paid(bank, account), paid(bank, account)] == [None, None]
    assert paid(bank, account) == (None if span is Span.PAYMENT else reason)
