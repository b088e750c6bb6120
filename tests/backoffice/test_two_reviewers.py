"""A match with the sanctions list that is close enough is cleared by two, and refused by one."""

from __future__ import annotations

import asyncio

import pytest
from people import EVE, PASSWORD, PIN, chinese_number, picture

from feiqian.auth.challenges.errors import BindingDiffers, ChallengeNotFound, NotPassed
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
    if outcome == "verified":
        return bank.run(bank.verify(bank.review, by, note))
    return bank.run(bank.reviews.decide(by, bank.review, outcome, note))


def test_one_reviewer_does_not_clear_a_close_match_and_not_twice_either(desk) -> None:
    assert decide(desk, desk.rae).waiting
    assert desk.customers.standing(desk.newcomer) == 0
    with pytest.raises(OwnClearance):
        decide(desk, desk.rae)
    assert desk.customers.standing(desk.newcomer) == 0
    file = desk.run(desk.reviews.open(desk.sam, desk.review))
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
        acts = []
        for by in members:
            challenge = await desk.proved_of_review(desk.review, by, NOTE)
            acts.append(desk.reviews.decide(by, desk.review, "verified", NOTE, challenge))
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


def test_abuse_83_a_session_left_open_verifies_nobody(desk) -> None:
    reviews = desk.reviews
    for challenge in ("", "chl_" + "0" * 32):
        with pytest.raises(ChallengeNotFound):
            desk.run(reviews.decide(desk.rae, desk.review, "verified", NOTE, challenge))
    half = desk.run(reviews.confirm(desk.rae, desk.review, NOTE, "en"))
    with pytest.raises(NotPassed):
        desk.run(reviews.decide(desk.rae, desk.review, "verified", NOTE, half.id))
    file = desk.run(reviews.open(desk.rae, desk.review))
    assert (file.review.waiting, file.first) == (True, None)
    desk.run(desk.verify(desk.review, desk.rae, NOTE))
    entry = next(e for e in desk.entries(str(customer(desk.newcomer))) if e.action == "review_cleared_first")
    assert entry.details["factors"] == ["password", "totp"]


def test_abuse_83_a_challenge_is_for_one_review_one_note_and_one_reviewer(desk) -> None:
    reviews = desk.reviews
    passed = desk.run(desk.proved_of_review(desk.review, desk.rae, NOTE))
    with pytest.raises(BindingDiffers):
        desk.run(reviews.decide(desk.rae, desk.review, "verified", NOTE + ", and more", passed))
    passed = desk.run(desk.proved_of_review(desk.review, desk.rae, NOTE))
    with pytest.raises(ChallengeNotFound):
        desk.run(reviews.decide(desk.sam, desk.review, "verified", NOTE, passed))
    assert desk.run(reviews.open(desk.sam, desk.review)).first is None


def test_refusing_an_identity_asks_for_no_factors(desk) -> None:
    assert decide(desk, desk.rae, "refused", "no").outcome == "refused"
