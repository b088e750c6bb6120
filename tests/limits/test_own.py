"""A customer's own limits: lowered at once, raised with a proof and a delay, each alone, never above the bank's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.auth.challenges.errors import BindingDiffers, ChallengeOver
from feiqian.auth.model import Session
from feiqian.limits.errors import OwnLimitInvalid, OwnLimitRises
from feiqian.limits.model import LimitState, Rule
from feiqian.limits.own import SPANS, Which
from feiqian.money import CNY, EUR
from feiqian.policy.factors import Purpose
from feiqian.policy.model import NO_BOUND
from feiqian.policy.scopes import Scope, Span
from tests.customers.people import EVE, EVE_DETAILS, People

DAY, MONTH = Which(CNY.number, Scope.ALL, Span.DAY), Which(CNY.number, Scope.CODE, Span.MONTH)
HOURS = 24


class Bank:
    """Allows 2,000.00 yuan a day, sets nothing by method, and knows no other currency."""

    def __init__(self, people: People) -> None:
        self.people = people

    def state(self, customer: int, currency: int, scope: Scope, span: Span, now_seconds: int) -> LimitState | None:
        if currency != CNY.number:
            return None
        bank = 2_000_00 if scope is Scope.ALL else NO_BOUND
        own = (self.people.services.own_limits.of(customer, currency) or {}).get((scope, span), NO_BOUND)
        cap, rule = (own, Rule.OWN) if own < bank else (bank, Rule.LEVEL)
        return LimitState(scope, span, rule, cap, 0, cap, now_seconds + 1, bank)


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    people = People(tmp_path / "bank")
    yield people
    people.close()


@pytest.fixture
def mei(people: People) -> Session:
    people.services.own_limits.bank = Bank(people)
    return people.checked().session


def lower(people: People, session: Session, cap: int, which: Which = DAY) -> None:
    people.run(people.services.own_limits.lower(session, which, cap))


def proved(people: People, session: Session, cap: int | None, which: Which = DAY) -> str:
    return people.prove(people.run(people.services.own_limits.challenge(session, which, cap)), session.subject)


def raising(people: People, session: Session, cap: int | None, which: Which = DAY) -> int:
    challenge = proved(people, session, cap, which)
    return people.run(people.services.own_limits.raise_to(session, which, cap, challenge))


def wait(people: People, hours: int) -> int:
    people.clock.advance(hours * 3600)
    return people.run(people.services.own_limits.raise_due())


def own(people: People, session: Session) -> dict[tuple[str, str], int]:
    return dict(people.services.own_limits.of(session.subject.customer, CNY.number) or {})


def test_a_lower_limit_holds_at_once_each_alone(people: People, mei: Session) -> None:
    assert own(people, mei) == {}
    lower(people, mei, 500_00)
    lower(people, mei, 900_00, MONTH)
    assert own(people, mei) == {("all", "day"): 500_00, ("code", "month"): 900_00}
    lower(people, mei, 0)
    assert own(people, mei) == {("all", "day"): 0, ("code", "month"): 900_00}
    assert people.audit_log(mei.subject.customer).count("limit_lowered") == 3
    limits = {one.which: one for one in people.run(people.services.own_limits.all_of(mei.subject.customer))}
    assert (limits[DAY].state.rule, limits[DAY].state.cap) == (Rule.OWN, 0)


def test_a_higher_limit_is_proved_and_waits_and_its_owner_is_told(people: People, mei: Session) -> None:
    lower(people, mei, 500_00)
    with pytest.raises(OwnLimitRises):
        lower(people, mei, 500_01)
    raising(people, mei, 800_00)
    assert ("limit_raise", "sms") in people.told(mei.subject.customer)
    assert wait(people, HOURS - 1) == 0
    assert own(people, mei)["all", "day"] == 500_00
    assert wait(people, 2) == 1
    assert own(people, mei)["all", "day"] == 800_00
    assert ("limit_raised", "sms") in people.told(mei.subject.customer)
    assert wait(people, HOURS) == 0


def test_no_limit_of_ones_own_any_more_is_the_highest_raise(people: People, mei: Session) -> None:
    lower(people, mei, 500_00)
    raising(people, mei, None)
    assert own(people, mei) == {("all", "day"): 500_00}
    assert wait(people, HOURS) == 1
    assert people.services.own_limits.of(mei.subject.customer, CNY.number) is None


def test_limits_of_one_method_over_other_spans_stay_as_they_are(people: People, mei: Session) -> None:
    spans = [Which(CNY.number, Scope.ALL, span) for span in SPANS]
    for which in spans:
        lower(people, mei, 500_00, which)
    lower(people, mei, 100_00, spans[0])
    raising(people, mei, 800_00, spans[1])
    assert wait(people, HOURS) == 1
    assert [own(people, mei)[Scope.ALL, span] for span in SPANS] == [100_00, 800_00, 500_00, 500_00]


def test_what_waits_is_given_up_by_lowering_or_keeping(people: People, mei: Session) -> None:
    limits = people.services.own_limits
    lower(people, mei, 500_00)
    raising(people, mei, 800_00)
    people.run(limits.keep(mei, DAY))
    raising(people, mei, 900_00)
    lower(people, mei, 400_00)
    assert wait(people, HOURS) == 0
    assert own(people, mei)["all", "day"] == 400_00
    with pytest.raises(OwnLimitInvalid, match="nothing_waits"):
        people.run(limits.keep(mei, DAY))


def test_whoever_freezes_meanwhile_keeps_the_limit(people: People, mei: Session) -> None:
    lower(people, mei, 500_00)
    raising(people, mei, 800_00)
    people.run(people.security.freeze(mei))
    assert wait(people, HOURS) == 0
    people.run(people.security.unfreeze(mei, people.passed(mei, Purpose.UNFREEZE)))
    assert wait(people, HOURS) == 0
    assert own(people, mei)["all", "day"] == 500_00


def test_a_raise_that_was_begun_anew_waits_anew(people: People, mei: Session) -> None:
    limits = people.services.own_limits
    lower(people, mei, 500_00)
    raising(people, mei, 800_00)
    people.clock.advance(HOURS * 3600)
    (due,) = people.do(limits._due)
    raising(people, mei, 900_00)
    assert people.do(limits._raise_now, due, False) is False
    assert own(people, mei)["all", "day"] == 500_00


def test_abuse_38_a_challenge_raises_this_limit_to_this_amount(people: People, mei: Session) -> None:
    limits = people.services.own_limits
    for which in (DAY, MONTH):
        lower(people, mei, 500_00, which)
    for which, cap in ((DAY, 900_00), (DAY, None), (MONTH, 800_00)):
        with pytest.raises(BindingDiffers):
            people.run(limits.raise_to(mei, which, cap, proved(people, mei, 800_00)))
    challenge = proved(people, mei, 800_00)
    people.run(limits.raise_to(mei, DAY, 800_00, challenge))
    with pytest.raises(ChallengeOver):
        people.run(limits.raise_to(mei, DAY, 800_00, challenge))


@pytest.mark.parametrize(
    ("which", "cap", "why"),
    [(DAY, 2_000_01, "above_bank"), (Which(EUR.number, Scope.ALL, Span.DAY), 1, "currency")],
)
def test_never_above_the_banks(people: People, mei: Session, which: Which, cap: int, why: str) -> None:
    limits = people.services.own_limits
    with pytest.raises(OwnLimitInvalid, match=why):
        lower(people, mei, cap, which)
    lower(people, mei, 1)
    with pytest.raises(OwnLimitInvalid, match=why):
        people.run(limits.challenge(mei, which, cap))
    assert own(people, mei) == {("all", "day"): 1}


def test_what_is_not_set_is_not_raised(people: People, mei: Session) -> None:
    limits = people.services.own_limits
    challenge = proved(people, mei, None)
    with pytest.raises(OwnLimitInvalid, match="unset"):
        people.run(limits.raise_to(mei, DAY, None, challenge))


def test_two_at_once_leave_the_lower_one(people: People, mei: Session) -> None:
    limits = people.services.own_limits

    async def both() -> list[object]:
        asked = (limits.lower(mei, DAY, cap) for cap in (300_00, 200_00))
        return await asyncio.gather(*asked, return_exceptions=True)

    done = people.run(both())
    assert own(people, mei)["all", "day"] == 200_00
    assert {type(one) for one in done} <= {type(None), OwnLimitRises}


def test_limits_are_there_after_a_restart_and_others_have_none(people: People, mei: Session) -> None:
    eve = people.checked(EVE, EVE_DETAILS).session
    lower(people, mei, 500_00)
    raising(people, mei, 800_00)
    again = people.again()
    try:
        assert own(again, mei) == {("all", "day"): 500_00}
        assert own(again, eve) == {}
        assert wait(again, HOURS) == 1
        assert own(again, mei) == {("all", "day"): 800_00}
    finally:
        again.close()
