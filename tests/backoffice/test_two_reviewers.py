"""A match with the sanctions list that is close enough is cleared by two, and refused by one."""

from __future__ import annotations

import asyncio

import pytest
from people import EVE, PASSWORD, PIN, chinese_number, picture

from feiqian.auth.model import Details
from feiqian.backoffice.errors import ChangeFailed, ChangeInvalid, ReasonMissing
from feiqian.kyc.errors import OwnClearance, ReviewOver
from feiqian.subjects import customer

NOTE = "another person: the passport shows another face"


@pytest.fixture
def desk(bank):
    """rae and sam review; a newcomer has the name of somebody listed, and the year of birth."""
    bank.rae, bank.sam = bank.member("rae", "reviewer", "supporter"), bank.member("sam", "reviewer", "approver")
    number = chinese_number("11010519740902104")
    details = Details("Ottoline Quillfeather", "cn_id", PASSWORD, PIN, number)
    bank.newcomer = bank.register(EVE, details).session.subject.number
    bank.review = bank.run(bank.real_name.check_identity(bank.newcomer, [picture()])).id
    return bank


def decide(bank, by, outcome: str = "verified", note: str = NOTE):
    return bank.run(bank.back_office.reviews.decide(by, bank.review, outcome, note))


def test_one_reviewer_does_not_clear_a_close_match_and_not_twice_either(desk) -> None:
    assert decide(desk, desk.rae).waiting
    assert desk.customers.standing(desk.newcomer) == 0
    with pytest.raises(OwnClearance):
        decide(desk, desk.rae)
    assert desk.customers.standing(desk.newcomer) == 0
    file = desk.run(desk.back_office.reviews.open(desk.sam, desk.review))
    assert (file.needs_two, file.first.by, file.first.note) == (True, desk.rae.subject, NOTE)
    assert not decide(desk, desk.sam).waiting
    assert desk.customers.standing(desk.newcomer) == 1
    about = str(customer(desk.newcomer))
    assert [a for a in desk.actions(about) if a.startswith("review_")] == [
        "review_cleared_first",
        "review_opened",
        "review_decided",
    ]


def test_one_reviewer_refuses_it_before_or_after_the_first_has_cleared_it(desk) -> None:
    decide(desk, desk.rae)
    assert decide(desk, desk.sam, "refused", "no").outcome == "refused"
    with pytest.raises(ReviewOver):
        decide(desk, desk.sam)
    assert desk.customers.standing(desk.newcomer) == 0


def test_two_who_clear_it_at_once_are_two_and_one_at_once_is_one(desk) -> None:
    async def at_once(*members) -> list[object]:
        acts = [desk.back_office.reviews.decide(by, desk.review, "verified", NOTE) for by in members]
        return await asyncio.gather(*acts, return_exceptions=True)

    outcomes = desk.run(at_once(desk.rae, desk.rae, desk.rae))
    assert sum(isinstance(outcome, OwnClearance) for outcome in outcomes) == 2
    assert desk.customers.standing(desk.newcomer) == 0
    desk.run(at_once(desk.sam, desk.rae))
    assert desk.customers.standing(desk.newcomer) == 1


def test_clearing_it_needs_a_reason(desk) -> None:
    with pytest.raises(ReasonMissing):
        decide(desk, desk.rae, note="ok")


def test_a_level_is_not_raised_past_the_reviewers(desk) -> None:
    values, about = {"level": "full", "before": "unverified"}, customer(desk.newcomer)
    with pytest.raises(ChangeInvalid) as refused:
        desk.run(desk.changes.propose("set_level", about, values, desk.rae, NOTE))
    assert refused.value.reason == "review_waits"
    decide(desk, desk.sam, "refused")
    change = desk.run(desk.changes.propose("set_level", about, values, desk.rae, NOTE))
    desk.run(desk.real_name.check_identity(desk.newcomer, [picture()]))  # waits again, since it was proposed
    with pytest.raises(ChangeFailed):
        desk.run(desk.approve(change.id, desk.sam))
    assert desk.customers.standing(desk.newcomer) == 0
