"""What is said of limits: which holds, what is used and left, when it is fresh again, what helps; and one's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from feiqian.events import LimitMet
from feiqian.limits.model import Help, LimitQuestion, Rule
from feiqian.money import CNY
from feiqian.policy.model import NO_BOUND
from feiqian.policy.scopes import Scope, Span
from tests.limits.conftest import OK, PASSKEY, SMS

DAY = 86_400
SIGNED = (PASSKEY,)


class Own:
    """What customers have set for themselves."""

    def __init__(self) -> None:
        self.caps: dict[int, dict[tuple[str, str], int]] = {}

    def of(self, customer: int, currency: int) -> Mapping[tuple[str, str], int] | None:
        return self.caps.get(customer)


@pytest.fixture
def own(bank: Any) -> Own:
    own = Own()
    bank.limits.choose_own(own)
    return own


def at(bank: Any, seconds: int) -> str:
    """In the bank's own time."""
    return datetime.fromtimestamp(seconds, bank.clock.zone).strftime("%Y-%m-%d %H:%M:%S")


def explained(bank: Any, customer: int, method: str, amount: int) -> Any:
    return bank.limits.explain(LimitQuestion(customer, CNY.number, amount, bank.clock.now() // 1_000_000, method))


def test_a_limit_says_what_is_used_and_left_and_when_it_is_fresh_again_in_the_banks_calendar(bank: Any) -> None:
    customer = bank.customer(90_000_00, level=bank.policy.level("remote").number)
    assert at(bank, bank.clock.now() // 1_000_000) == "2027-01-15 16:00:00"
    assert bank.told(customer, 1_500_00, "quick", PASSKEY) == OK
    found = {(state.scope, state.span): state for state in explained(bank, customer, "quick", 1_00).limits}
    whole = {key: (state.cap, state.used, state.left, at(bank, state.resets_at)) for key, state in found.items()}
    assert whole[Scope.ALL, Span.DAY] == (2_000_00, 1_500_00, 500_00, "2027-01-16 00:00:00")
    assert whole[Scope.QUICK, Span.MONTH] == (50_000_00, 1_500_00, 48_500_00, "2027-02-01 00:00:00")
    assert whole[Scope.ALL, Span.YEAR] == (50_000_00, 1_500_00, 48_500_00, "2028-01-01 00:00:00")
    assert found[Scope.QUICK, Span.PAYMENT].resets_at == 0
    bank.clock.advance(365 * DAY)
    assert {state.used for state in explained(bank, customer, "quick", 1_00).limits} == {0}


@pytest.mark.parametrize(
    ("method", "amount", "met", "refused", "helps"),
    [
        ("online", 2_000_00, None, None, ()),
        ("online", 20_000_01, (Scope.ALL, Span.PAYMENT), "amount_too_high", (Help.LESS,)),
        ("quick", 5_000_01, (Scope.QUICK, Span.PAYMENT), "method_amount_too_high", (Help.LESS, Help.OTHER_METHOD)),
        ("static", 500_01, (Scope.STATIC, Span.DAY), "method_daily_limit", (Help.LESS, Help.OTHER_METHOD, Help.WAIT)),
        ("code", 1_000_01, (Scope.ALL, Span.PAYMENT), None, (Help.CONFIRM,)),
    ],
)
def test_what_would_be_met_and_what_would_help(
    bank: Any, method: str, amount: int, met: tuple[Scope, Span] | None, refused: str | None, helps: tuple[Help, ...]
) -> None:
    asked = LimitQuestion(bank.customer(1_00), CNY.number, amount, bank.clock.now() // 1_000_000, method)
    found = bank.limits.explain(asked, SIGNED)
    if method == "code":
        found = explained(bank, 1, method, amount)
    assert (found.met and found.met[:2], found.refused, found.helps) == (met, refused, helps)


def test_a_low_level_could_be_raised_and_one_without_an_identity_has_to_be(bank: Any) -> None:
    customer = bank.customer(1_00, level=bank.policy.level("remote").number)
    assert explained(bank, customer, "online", 2_000_01).helps == (Help.LESS, Help.VERIFY_IDENTITY)
    bank.people.levels[customer] = 0
    assert explained(bank, customer, "online", 1)[2:] == (None, "identity_not_verified", (Help.VERIFY_IDENTITY,))


def test_after_a_change_the_low_limits_are_named(bank: Any) -> None:
    customer = bank.customer(9_000_00)
    bank.people.cooling_until[customer] = bank.clock.now() // 1_000_000 + DAY
    met = explained(bank, customer, "online", 500_01).met
    assert (met.rule, met.span, met.cap) == (Rule.COOLING, Span.PAYMENT, 500_00)
    assert explained(bank, customer, "online", 20_000_01).refused == "amount_too_high"


@pytest.mark.parametrize(
    ("key", "cap", "method", "reason"),
    [
        (("all", "payment"), 100_00, "online", "amount_too_high"),
        (("online", "payment"), 100_00, "online", "method_amount_too_high"),
        (("all", "day"), 150_00, "online", "daily_limit"),
        (("all", "month"), 150_00, "cash", "monthly_limit"),
        (("all", "year"), 150_00, "transfer", "yearly_limit"),
        (("code", "day"), 150_00, "code", "method_daily_limit"),
        (("static", "month"), 150_00, "static", "method_monthly_limit"),
        (("quick", "year"), 150_00, "quick", "method_yearly_limit"),
    ],
)
def test_a_customers_own_limit_counts_where_it_is_lower_and_the_decline_names_it(
    bank: Any, own: Own, key: tuple[str, str], cap: int, method: str, reason: str
) -> None:
    customer, other = bank.customer(9_000_00), bank.customer(9_000_00)
    own.caps[customer] = {key: cap}
    assert bank.told(customer, 100_00, method, PASSKEY) == OK
    declined = bank.take(customer, 101_00, method, PASSKEY)
    assert (declined.status, declined.reason) == ("declined", reason)
    left = cap if key[1] == "payment" else 50_00
    limit = declined.limit
    assert (limit.scope, limit.span, limit.rule, limit.cap, limit.left) == (*key, "own", cap, left)
    assert Help.RAISE_OWN in explained(bank, customer, method, 101_00).helps
    assert bank.told(other, 101_00, method, PASSKEY) == OK
    del own.caps[customer]
    assert bank.told(customer, 101_00, method, PASSKEY) == OK


def test_a_limit_of_ones_own_never_raises_the_banks(bank: Any, own: Own) -> None:
    customer = bank.customer(90_000_00)
    own.caps[customer] = {("static", "day"): 900_00, ("all", "day"): 90_000_00, ("all", "payment"): 90_000_00}
    assert bank.told(customer, 500_01, "static", PASSKEY)[1] == "method_daily_limit"
    assert bank.told(customer, 20_000_01, "online", PASSKEY)[1] == "amount_too_high"
    state = bank.limits.state(customer, CNY.number, Scope.STATIC, Span.DAY, bank.clock.now() // 1_000_000)
    assert (state.cap, state.bank, state.rule) == (500_00, 500_00, Rule.METHOD)


def test_a_limit_of_ones_own_is_shown_beside_the_banks(bank: Any, own: Own) -> None:
    customer = bank.customer(9_000_00)
    own.caps[customer] = {("quick", "day"): 300_00}
    asked = customer, CNY.number, Scope.QUICK
    day, year = (bank.limits.state(*asked, span, bank.clock.now() // 1_000_000) for span in (Span.DAY, Span.YEAR))
    assert (day.cap, day.bank, day.rule) == (300_00, 5_000_00, Rule.OWN)
    assert (year.cap, year.bank) == (NO_BOUND, NO_BOUND)


def test_what_may_be_paid_today_is_the_lowest_of_all(bank: Any, own: Own) -> None:
    customer = bank.customer(9_000_00)
    own.caps[customer] = {("code", "day"): 300_00, ("all", "payment"): 200_00}
    assert bank.payments.today(customer, CNY.number) == (200_00, 200_00, 300_00, 20_000_00)


def test_the_limit_of_a_decline_is_kept_with_it_as_it_was_then(bank: Any) -> None:
    customer = bank.customer(9_000_00)
    assert bank.told(customer, 400_00, "static", PASSKEY) == OK
    declined = bank.take(customer, 200_00, "static", PASSKEY)
    bank.ledger.commit()
    midnight = explained(bank, customer, "static", 1).limits[0]
    assert bank.journaled()[1][-1] == declined
    assert declined.limit == LimitMet("static", "day", "method", 500_00, 100_00, declined.limit.resets_at)
    assert at(bank, declined.limit.resets_at) == "2027-01-16 00:00:00"
    assert midnight.span is Span.PAYMENT
    assert bank.take(customer, 1, "quick", SMS).limit is None
