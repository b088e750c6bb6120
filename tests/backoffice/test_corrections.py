"""Corrections by staff: never above the ceilings, for a reason, and the customer hears of each."""

from __future__ import annotations

import asyncio

import pytest
from people import POLICY
from sqlalchemy import update

from feiqian.accounts.changes import CORRECTION_REASONS
from feiqian.accounts.opening import correction_reference
from feiqian.backoffice.errors import CeilingExceeded, ChangeFailed, ChangeInvalid
from feiqian.backoffice.model import ChangeState
from feiqian.backoffice.reasons import is_reason
from feiqian.customers.tables import profiles
from feiqian.ledger.bounds import MAX_AMOUNT
from feiqian.money import CNY

WHY = "charged twice at the café"
SUPPORTER, APPROVER = POLICY.corrections.supporter[CNY.number], POLICY.corrections.approver[CNY.number]


@pytest.fixture
def desk(bank):
    """dan only supports, ann does both, bob and carol approve; mei is a customer with a wallet."""
    bank.dan, bank.ann = bank.member("dan", "supporter"), bank.member("ann", "supporter", "approver")
    bank.bob, bank.carol = bank.member("bob", "approver"), bank.member("carol", "approver")
    bank.mei = bank.checked().session.subject
    bank.fund(bank.mei.number)
    return bank


def proposed(bank, amount: int, by=None, why: str = WHY, **values: object):
    asked = {"currency": CNY.number, "amount": amount, **values}
    return bank.run(bank.changes.propose("adjust", bank.mei, asked, by or bank.dan, why))


def balance(bank) -> int:
    return bank.run(bank.services.accounts.balance(bank.mei.number, CNY.number))


def refusal(bank, amount: int, by=None) -> str:
    with pytest.raises(CeilingExceeded) as refused:
        proposed(bank, amount, by)
    return refused.value.reason


@pytest.mark.parametrize("sign", [1, -1])
def test_one_correction_is_at_most_the_ceiling_of_the_members_highest_role(desk, sign: int) -> None:
    assert refusal(desk, sign * (SUPPORTER.one + 1)) == "ceiling_one"
    assert refusal(desk, sign * (APPROVER.one + 1), desk.ann) == "ceiling_one"
    assert refusal(desk, sign * MAX_AMOUNT) == "ceiling_one"
    assert desk.run(desk.changes.waiting()).items == []
    proposed(desk, sign * SUPPORTER.one)
    proposed(desk, sign * APPROVER.one, desk.ann)


def test_what_a_member_proposes_in_a_day_is_bounded_and_what_was_refused_does_not_count(desk) -> None:
    many = SUPPORTER.day // SUPPORTER.one
    changes = [proposed(desk, SUPPORTER.one * (-1) ** n) for n in range(many)]
    assert refusal(desk, 1) == "ceiling_day"
    desk.run(desk.changes.refuse(changes[0].id, desk.bob, ""))
    proposed(desk, SUPPORTER.one)
    assert refusal(desk, 1) == "ceiling_day"
    desk.clock.advance(86_400)
    proposed(desk, SUPPORTER.one)


def test_what_a_customer_is_corrected_by_in_a_day_is_bounded_whoever_approves(desk) -> None:
    changes = [proposed(desk, SUPPORTER.one) for _ in range(SUPPORTER.day // SUPPORTER.one)]
    for place, change in enumerate(changes):
        desk.run(desk.approve(change.id, (desk.bob, desk.carol)[place % 2]))
    eve = desk.member("eve", "supporter")
    assert refusal(desk, 1, eve) == "ceiling_customer"


def test_two_approvals_at_once_never_exceed_the_day(desk) -> None:
    change = [proposed(desk, APPROVER.one, desk.ann) for _ in range(APPROVER.day // APPROVER.one)]
    rest = proposed(desk, APPROVER.day - len(change) * APPROVER.one, desk.ann)
    other = desk.member("fay", "supporter", "approver")
    more = [proposed(desk, APPROVER.one, other) for _ in range(2)]
    before = balance(desk)

    by = desk.bob, desk.carol
    asked = [(one.id, by[n % 2]) for n, one in enumerate([*change, rest, *more])]
    proofs = [desk.run(desk.proved(id, member)) for id, member in asked]

    async def all_at_once() -> list[object]:
        acts = [desk.changes.approve(*one, proof) for one, proof in zip(asked, proofs, strict=True)]
        return await asyncio.gather(*acts, return_exceptions=True)

    outcomes = desk.run(all_at_once())
    assert any(isinstance(outcome, CeilingExceeded) for outcome in outcomes)
    assert {type(outcome).__name__ for outcome in outcomes} == {"Change", "CeilingExceeded"}
    assert balance(desk) - before <= APPROVER.day
    left = [one for one in desk.run(desk.changes.waiting()).items if one.state is ChangeState.OPEN]
    assert len(left) == sum(isinstance(outcome, CeilingExceeded) for outcome in outcomes), "they are open as before"


def test_an_approval_that_failed_does_not_count(desk) -> None:
    change = proposed(desk, -SUPPORTER.one)
    for _ in range(APPROVER.day // SUPPORTER.one + 1):
        with pytest.raises(ChangeFailed):  # there is not so much in the wallet
            desk.run(desk.approve(change.id, desk.bob))


UNSEEN = "\u115f\u1160 \u3164\uffa0\u3164\u1160 \u115f\u3164\uffa0 x"  # letters, but one, that nobody sees


@pytest.mark.parametrize(
    "why", ["x", "ok", "xxxxxxxxxxxxxxx", "aaaaa bbbbb", "..........", "1234567890 12", "更正", UNSEEN]
)
def test_what_says_no_reason_is_none(desk, why: str) -> None:
    with pytest.raises(ChangeInvalid) as refused:
        proposed(desk, 1, why=why)
    assert refused.value.reason == "why"
    for kind, values in (("set_level", {"level": "full", "before": "remote"}), ("release_lock", {})):
        with pytest.raises(ChangeInvalid) as refused:
            desk.run(desk.changes.propose(kind, desk.mei, values, desk.dan, why))
        assert refused.value.reason == "why"


@pytest.mark.parametrize(
    "why", [WHY, "客户被重复扣款", "cobro duplicado en la tienda", "двойное списание", "二重に請求された"]
)
def test_reasons_in_any_language_are_reasons(why: str) -> None:
    assert is_reason(why)


def test_a_category_is_one_of_a_few(desk) -> None:
    for word in CORRECTION_REASONS:
        assert proposed(desk, 1, reason=word).values["reason"] == word
    with pytest.raises(ChangeInvalid):
        proposed(desk, 1, reason="because")


def test_before_and_after_are_told_and_kept_at_proposal_and_approval(desk) -> None:
    kinds, change = desk.changes.kinds, proposed(desk, -30_00)
    assert tuple(desk.run(kinds.effect(change.kind, change.about, change.values))) == (100_00, 70_00)
    desk.fund(desk.mei.number, 5_00)
    before = balance(desk)
    assert tuple(desk.run(kinds.effect(change.kind, change.about, change.values))) == (
        before,
        before - 30_00,
    )
    desk.run(desk.approve(change.id, desk.bob))
    kept = {e.action: e.details for e in desk.entries(str(desk.mei)) if e.action.startswith("change_")}
    assert (kept["change_proposed"]["before"], kept["change_proposed"]["after"]) == (100_00, 70_00)
    assert (kept["change_approved"]["before"], kept["change_approved"]["after"]) == (before, before - 30_00)
    limit = {"currency": CNY.number, "amount": 300_00}
    was = desk.run(kinds.effect("day_limit", desk.mei, limit))
    assert tuple(was) == (POLICY.levels[1].limits[CNY.number].day, 300_00)


def test_the_customer_is_told_once_in_their_language_with_the_reference(desk) -> None:
    with desk.db.write() as connection:
        connection.execute(update(profiles).where(profiles.c.customer == desk.mei.number).values(language="zh"))
    change = proposed(desk, -30_00)
    assert "debited" not in {kind for kind, _ in desk.told(desk.mei.number)}
    desk.run(desk.approve(change.id, desk.bob))
    assert desk.run(desk.intents.sweep()) == 0
    assert [channel for kind, channel in desk.told(desk.mei.number) if kind == "debited"].count("sms") == 1
    (message,) = [m for m in desk.arrived(desk.mei) if "余额" in m.text and "30.00" in m.text and m.channel == "sms"]
    assert correction_reference(change.id) in message.text


def test_a_refused_correction_tells_the_customer_nothing(desk) -> None:
    desk.run(desk.changes.refuse(proposed(desk, 30_00).id, desk.bob, ""))
    assert not {"credited", "debited"} & {kind for kind, _ in desk.told(desk.mei.number)}


def test_a_days_limit_is_at_most_the_highest_levels_and_the_customer_is_told(desk) -> None:
    highest = POLICY.levels[-1].limits[CNY.number].day
    for amount in (highest + 1, MAX_AMOUNT):
        with pytest.raises(ChangeInvalid) as refused:
            desk.run(
                desk.changes.propose("day_limit", desk.mei, {"currency": CNY.number, "amount": amount}, desk.dan, WHY)
            )
        assert refused.value.reason == "limit_high"
    before = desk.told(desk.mei.number)
    values = {"currency": CNY.number, "amount": highest}
    change = desk.run(desk.changes.propose("day_limit", desk.mei, values, desk.dan, WHY))
    desk.run(desk.approve(change.id, desk.bob))
    assert desk.told(desk.mei.number).count(("changed", "sms")) == before.count(("changed", "sms")) + 1
