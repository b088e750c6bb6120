"""Maker and checker: one proposes, another approves, once; what fails says so and stays open; all in the audit log."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from people import POLICY
from sqlalchemy import update
from staffed import STAFF_PASSWORD

from feiqian.auth.challenges import attempts
from feiqian.auth.challenges.errors import (
    BindingDiffers,
    ChallengeNotFound,
    ChallengeOver,
    NotPassed,
    VerificationError,
)
from feiqian.backoffice import accounts_audit
from feiqian.backoffice.change_requests import ChangeRequests
from feiqian.backoffice.errors import ChangeFailed, ChangeInvalid, ChangeNotFound, ChangeOver, NotAllowed, OwnChange
from feiqian.backoffice.model import ChangeState
from feiqian.backoffice.tables import changes
from feiqian.customers import levels
from feiqian.errors import LedgerStopped
from feiqian.ledger.bounds import MAX_AMOUNT, MAX_SUM
from feiqian.money import CNY, EUR
from feiqian.policy.factors import Factor
from feiqian.policy.model import Ceiling, Corrections
from feiqian.subjects import customer, staff

WHY = "as agreed with the customer"


@pytest.fixture
def desk(bank):
    """alice makes, bob and carol check, mei is a customer with a wallet."""
    bank.alice = bank.member("alice", "supporter", "approver")
    bank.bob, bank.carol = bank.member("bob", "approver"), bank.member("carol", "approver", "admin")
    bank.mei = bank.checked().session.subject
    bank.fund(bank.mei.number)
    return bank


def propose(bank, kind: str, values: dict[str, object], by=None, about=None):
    return bank.run(bank.changes.propose(kind, about or bank.mei, values, by or bank.alice, WHY))


def levelled(bank):
    return propose(bank, "set_level", {"level": "full", "before": "remote"})


def adjusted(bank, amount: int = 25_00):
    return propose(bank, "adjust", {"currency": CNY.number, "amount": amount})


def without_ceilings(bank) -> None:
    """As with an older version, or a policy that allows everything: what is left are the bounds of the books."""
    most = {CNY.number: Ceiling(2**63, 2**63)}
    p, policy = bank.services, replace(POLICY, corrections=Corrections(most, most))
    bank.changes = ChangeRequests(
        p.transactions,
        p.cipher,
        p.clock,
        p.audit_log,
        p.intents,
        bank.members,
        bank.changes.kinds,
        p.verification,
        policy,
    )


def balance(bank) -> int:
    return bank.run(bank.services.accounts.balance(bank.mei.number, CNY.number))


def test_a_proposed_change_changes_nothing_until_somebody_else_approves(desk) -> None:
    change = levelled(desk)
    assert desk.customers.standing(desk.mei.number) == 1
    approved = desk.run(desk.approve(change.id, desk.bob))
    assert desk.customers.standing(desk.mei.number) == 2
    assert (approved.state, approved.proposer, approved.decided_by) == (
        ChangeState.APPLIED,
        desk.alice.number,
        desk.bob.number,
    )


def test_abuse_32_who_proposed_a_change_cannot_approve_it(desk) -> None:
    change = adjusted(desk)
    before = balance(desk)
    with pytest.raises(OwnChange):
        desk.run(desk.approve(change.id, desk.alice))
    assert balance(desk) == before
    assert desk.run(desk.changes.get(change.id)).state is ChangeState.OPEN


def test_abuse_32_nobody_approves_their_own_roles(desk) -> None:
    change = propose(desk, "staff_roles", {"roles": ["admin", "approver"]}, by=desk.carol, about=desk.bob.subject)
    with pytest.raises(OwnChange):
        desk.run(desk.approve(change.id, desk.bob))
    desk.run(desk.approve(change.id, desk.alice))
    assert desk.do(desk.members.by_number, desk.bob.number).roles == {"admin", "approver"}


def test_abuse_32_who_has_lost_the_role_or_is_suspended_approves_nothing(desk) -> None:
    change = adjusted(desk)
    desk.do(desk.members.set_roles, desk.bob.number, ["auditor"], staff(0), desk.clock.now())
    desk.do(desk.members.suspend, desk.carol.number, staff(0), desk.clock.now())
    for member in (desk.bob, desk.carol):  # as they were when they signed in
        with pytest.raises(NotAllowed):
            desk.run(desk.approve(change.id, member))


def test_only_the_roles_for_it_propose(desk) -> None:
    for kind, values in (("adjust", {"currency": CNY.number, "amount": 1}), ("set_level", {})):
        with pytest.raises(NotAllowed):
            propose(desk, kind, values, by=desk.bob)
    with pytest.raises(NotAllowed):
        propose(desk, "staff_roles", {"roles": ["auditor"]}, by=desk.alice, about=desk.bob.subject)


def test_a_correction_moves_money_both_ways_and_the_trail_has_the_amount(desk) -> None:
    for amount, expected in ((25_00, 125_00), (-5_00, 120_00)):
        desk.run(desk.approve(adjusted(desk, amount).id, desk.bob))
        assert balance(desk) == expected
    applied = [entry for entry in desk.entries(str(desk.mei)) if entry.action == "change_applied"]
    assert [entry.details["amount"] for entry in applied] == [25_00, -5_00]
    assert {entry.actor for entry in applied} == {desk.bob.subject}


def test_two_who_approve_at_once_carry_it_out_once(desk) -> None:
    change = adjusted(desk)
    passed = [(member, desk.run(desk.proved(change.id, member))) for member in (desk.bob, desk.carol)]

    async def both() -> list[object]:
        approvals = [desk.changes.approve(change.id, member, challenge) for member, challenge in passed * 4]
        return await asyncio.gather(*approvals, return_exceptions=True)

    outcomes = desk.run(both())
    assert sum(isinstance(outcome, ChangeOver) for outcome in outcomes) == 7
    assert balance(desk) == 125_00
    assert desk.actions(str(desk.mei)).count("change_applied") == 1


def test_approval_and_refusal_at_once_end_in_one(desk) -> None:
    change = adjusted(desk)
    passed = desk.run(desk.proved(change.id, desk.bob))

    async def both() -> list[object]:
        acts = desk.changes.approve(change.id, desk.bob, passed), desk.changes.refuse(change.id, desk.carol, "no")
        return await asyncio.gather(*acts, return_exceptions=True)

    outcomes = desk.run(both())
    assert sum(isinstance(outcome, ChangeOver) for outcome in outcomes) == 1
    applied = desk.run(desk.changes.get(change.id)).state is ChangeState.APPLIED
    assert balance(desk) == (125_00 if applied else 100_00)


def test_a_decided_change_is_decided(desk) -> None:
    change = adjusted(desk)
    desk.run(desk.changes.refuse(change.id, desk.bob, "not agreed"))
    for act in (desk.approve(change.id, desk.carol), desk.changes.refuse(change.id, desk.carol, "")):
        with pytest.raises(ChangeOver):
            desk.run(act)
    refused = desk.run(desk.changes.get(change.id))
    assert (refused.state, refused.note, balance(desk)) == (ChangeState.REFUSED, "not agreed", 100_00)


def test_who_proposed_a_change_can_take_it_back(desk) -> None:
    change = adjusted(desk)
    desk.run(desk.changes.refuse(change.id, desk.alice, ""))
    assert "change_withdrawn" in desk.actions(str(desk.mei))


def test_who_neither_made_it_nor_approves_cannot_refuse_it(desk) -> None:
    other = desk.member("dan", "supporter")
    with pytest.raises(NotAllowed):
        desk.run(desk.changes.refuse(adjusted(desk).id, other, ""))


def test_a_change_that_fails_says_so_and_is_open_again(desk) -> None:
    change = adjusted(desk, -500_00)
    with pytest.raises(ChangeFailed):
        desk.run(desk.approve(change.id, desk.bob))
    failed = desk.run(desk.changes.get(change.id))
    assert failed.state is ChangeState.OPEN
    assert failed.failure
    assert desk.actions(str(desk.mei))[-3:] == ["change_proposed", "change_approved", "change_failed"]
    assert balance(desk) == 100_00


def test_what_was_proposed_is_what_is_carried_out(desk) -> None:
    values = {"currency": CNY.number, "amount": 10_00}
    change = propose(desk, "adjust", values)
    values["amount"] = 99_00
    assert desk.run(desk.changes.get(change.id)).values == {"currency": CNY.number, "amount": 10_00}
    desk.run(desk.approve(change.id, desk.bob))
    assert balance(desk) == 110_00


def test_a_level_that_has_moved_since_is_not_set(desk) -> None:
    change = levelled(desk)
    desk.run(desk.real_name.raise_level(desk.mei.number, "unverified", desk.carol.subject))
    with pytest.raises(ChangeFailed) as failed:
        desk.run(desk.approve(change.id, desk.bob))
    assert failed.value.why == "level_moved"
    assert desk.customers.standing(desk.mei.number) == 0


def frozen_at(bank) -> int:
    profile = bank.customers.profile(bank.mei.number)
    assert profile is not None
    return profile.frozen_at


def test_one_freezes_and_two_take_the_freeze_back(desk) -> None:
    id = desk.do(desk.customers.by_number, desk.mei.number).id
    desk.run(desk.support_view.freeze(desk.alice, id, "stolen"))
    assert not desk.paid(desk.mei.number)
    change = propose(desk, "unfreeze", {"frozen_at": frozen_at(desk)})
    assert not desk.paid(desk.mei.number)
    desk.run(desk.approve(change.id, desk.bob))
    assert desk.paid(desk.mei.number)


def test_approval_never_lifts_a_freeze_that_came_after_the_proposal(desk) -> None:
    desk.run(desk.freezing.freeze(desk.mei.number, desk.mei))
    change = propose(desk, "unfreeze", {"frozen_at": frozen_at(desk)})
    desk.run(desk.freezing.unfreeze(desk.mei.number, desk.carol.subject))
    desk.clock.advance(60)
    desk.run(desk.freezing.freeze(desk.mei.number, desk.mei))
    with pytest.raises(ChangeFailed) as failed:
        desk.run(desk.approve(change.id, desk.bob))
    assert failed.value.why == "frozen_anew"
    assert not desk.paid(desk.mei.number)


def test_a_days_limit_holds_after_approval(desk) -> None:
    change = propose(desk, "day_limit", {"currency": CNY.number, "amount": 0})
    assert desk.run(desk.approve(change.id, desk.bob)).state is ChangeState.APPLIED


def test_a_lock_is_lifted_by_two(desk) -> None:
    from feiqian.auth.errors import SignInLocked, SignInRefused

    for _ in range(6):
        with pytest.raises((SignInRefused, SignInLocked)):
            desk.run(desk.sign_in.password("+8613900001111", "wrong", "en", ""))
    change = propose(desk, "release_lock", {})
    desk.run(desk.approve(change.id, desk.bob))
    assert desk.do(desk.verification.lock_of, desk.mei) is None


@pytest.mark.parametrize(
    ("kind", "values", "reason"),
    [
        ("move_money", {}, "kind"),
        ("adjust", {"currency": CNY.number, "amount": 0}, "amount"),
        ("adjust", {"currency": CNY.number, "amount": 2**63}, "amount"),
        ("adjust", {"currency": CNY.number, "amount": 2**63 - 1}, "amount"),
        ("adjust", {"currency": CNY.number, "amount": 1 - 2**63}, "amount"),
        ("adjust", {"currency": CNY.number, "amount": MAX_AMOUNT + 1}, "amount"),
        ("day_limit", {"currency": CNY.number, "amount": 2**63 - 1}, "amount"),
        ("adjust", {"currency": EUR.number, "amount": 1}, "wallet"),
        ("adjust", {"currency": CNY.number, "amount": 1.5}, "values"),
        ("adjust", {"currency": CNY.number, "amount": 1, "status": "applied"}, "values"),
        ("adjust", {"currency": CNY.number}, "values"),
        ("day_limit", {"currency": CNY.number, "amount": -1}, "amount"),
        ("set_level", {"level": "king", "before": "remote"}, "level"),
        ("set_level", {"level": "remote", "before": "remote"}, "level_same"),
        ("set_level", {"level": "full", "before": "unverified"}, "level_moved"),
        ("unfreeze", {"frozen_at": 1}, "not_frozen"),
        ("release_lock", {}, "not_locked"),
    ],
)
def test_a_change_that_makes_no_sense_is_not_proposed(desk, kind: str, values: dict, reason: str) -> None:
    with pytest.raises(ChangeInvalid) as refused:
        propose(desk, kind, values)
    assert refused.value.reason == reason
    assert desk.run(desk.changes.waiting()).items == []


def test_a_sum_that_the_books_cannot_hold_is_refused_when_it_is_proposed_and_when_it_is_approved(desk) -> None:
    without_ceilings(desk)
    change, accounts = adjusted(desk, MAX_AMOUNT), desk.services.accounts
    for number in range(MAX_SUM // MAX_AMOUNT - 1):
        desk.run(accounts.adjust(desk.mei.number, CNY.number, MAX_AMOUNT, f"earlier-{number}"))
    before = balance(desk)
    with pytest.raises(ChangeFailed) as failed:
        desk.run(desk.approve(change.id, desk.bob))
    assert failed.value.why == "sum"
    assert desk.run(desk.changes.get(change.id)).state is ChangeState.OPEN
    assert balance(desk) == before
    with pytest.raises(ChangeInvalid) as refused:
        adjusted(desk, MAX_AMOUNT)
    assert refused.value.reason == "sum"


def test_an_amount_that_an_older_version_let_be_proposed_is_refused_on_approval(desk) -> None:
    without_ceilings(desk)
    change = adjusted(desk, 5)
    with desk.db.write() as connection:
        values = {"currency": CNY.number, "amount": 2**63 - 1}
        connection.execute(update(changes).values({changes.c["values"]: values}))
    with pytest.raises(ChangeFailed) as failed:
        desk.run(desk.approve(change.id, desk.bob))
    assert failed.value.why == "amount"
    assert balance(desk) == 100_00


def test_a_change_of_nobody_or_without_a_reason_is_not_proposed(desk) -> None:
    values = {"level": "full", "before": "unverified"}
    for about, why in ((customer(99), WHY), (staff(1), WHY), (desk.mei, " "), (desk.mei, "x" * 501)):
        with pytest.raises(ChangeInvalid):
            desk.run(desk.changes.propose("set_level", about, values, desk.alice, why))
    with pytest.raises(ChangeInvalid):
        propose(desk, "staff_roles", {"roles": []}, by=desk.carol, about=desk.bob.subject)
    with pytest.raises(ChangeNotFound):
        desk.run(desk.approve("chg_0", desk.bob))


def test_what_was_approved_before_a_crash_is_carried_out_once_after_it(desk, monkeypatch) -> None:
    change = adjusted(desk)

    async def stops(*_: object) -> None:
        raise LedgerStopped("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(desk.services.accounts, "adjust", stops)
        with pytest.raises(LedgerStopped):
            desk.run(desk.approve(change.id, desk.bob))
    assert desk.run(desk.changes.get(change.id)).state is ChangeState.APPLYING
    for expected in (1, 0):
        assert desk.run(desk.intents.sweep()) == expected
        assert balance(desk) == 125_00
    assert desk.run(desk.changes.get(change.id)).state is ChangeState.APPLIED


def test_a_crash_between_doing_and_saying_so_does_nothing_twice(desk, monkeypatch) -> None:
    change = adjusted(desk)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(desk.intents, "_complete", dies)
        with pytest.raises(KeyboardInterrupt):
            desk.run(desk.approve(change.id, desk.bob))
    assert balance(desk) == 125_00
    assert desk.run(desk.intents.sweep()) == 1
    assert balance(desk) == 125_00


def test_reasons_are_sealed_and_not_in_the_trail(desk) -> None:
    why = "canary of a reason"
    change = desk.run(desk.changes.propose("adjust", desk.mei, {"currency": CNY.number, "amount": 1}, desk.alice, why))
    desk.run(desk.changes.refuse(change.id, desk.bob, "canary of a note"))
    assert b"canary of" not in desk.stored()
    assert "canary" not in repr(desk.entries())
    assert desk.whole()


def test_lists_are_in_order(desk) -> None:
    first, second = adjusted(desk, 1), adjusted(desk, 2)
    assert [change.id for change in desk.run(desk.changes.waiting()).items] == [first.id, second.id]
    desk.run(desk.changes.refuse(second.id, desk.bob, ""))
    assert [change.id for change in desk.run(desk.changes.decided()).items] == [second.id]
    assert [change.id for change in desk.run(desk.changes.of(desk.mei)).items] == [second.id, first.id]


def test_abuse_83_a_session_left_open_approves_nothing(desk) -> None:
    change = adjusted(desk)
    for challenge in ("", "chl_" + "0" * 32):
        with pytest.raises(ChallengeNotFound):
            desk.run(desk.changes.approve(change.id, desk.bob, challenge))
    half = desk.run(desk.changes.confirm(change.id, desk.bob, "en"))
    with pytest.raises(NotPassed):
        desk.run(desk.changes.approve(change.id, desk.bob, half.id))
    desk.run(desk.services.verification.answer(half.id, desk.bob.subject, Factor.PASSWORD, STAFF_PASSWORD))
    with pytest.raises(NotPassed):
        desk.run(desk.changes.approve(change.id, desk.bob, half.id))
    assert (desk.run(desk.changes.get(change.id)).state, balance(desk)) == (ChangeState.OPEN, 100_00)
    approved = desk.run(desk.approve(change.id, desk.bob))
    assert (approved.state, balance(desk)) == (ChangeState.APPLIED, 125_00)
    entry = next(e for e in desk.entries(str(desk.mei)) if e.action == "change_approved")
    assert entry.details["factors"] == ["password", "totp"]


@pytest.mark.parametrize("kind", ["set_level", "adjust", "day_limit", "staff_roles", "release_lock", "unfreeze"])
def test_abuse_83_every_kind_of_change_asks_for_fresh_factors(desk, kind: str) -> None:
    values: dict[str, dict[str, object]] = {
        "set_level": {"level": "full", "before": "remote"},
        "adjust": {"currency": CNY.number, "amount": 5_00},
        "day_limit": {"currency": CNY.number, "amount": 5_00},
        "staff_roles": {"roles": ["auditor"]},
    }
    if kind == "release_lock":
        guess = desk.services.policy.tries, desk.mei, attempts.UNKNOWN, Factor.PASSWORD, desk.clock.now()
        desk.do(lambda connection: [attempts.take(connection, *guess) for _ in range(9)])
    if kind == "unfreeze":
        desk.run(desk.freezing.freeze(desk.mei.number, desk.mei))
        values["unfreeze"] = {"frozen_at": frozen_at(desk)}
    by, about = (desk.carol, desk.alice.subject) if kind == "staff_roles" else (desk.alice, desk.mei)
    change = propose(desk, kind, values.get(kind, {}), by=by, about=about)
    with pytest.raises(ChallengeNotFound):
        desk.run(desk.changes.approve(change.id, desk.bob, ""))
    assert desk.run(desk.changes.get(change.id)).state is ChangeState.OPEN
    assert desk.run(desk.approve(change.id, desk.bob)).state is ChangeState.APPLIED


def test_abuse_83_a_challenge_is_for_one_change_one_member_and_once(desk) -> None:
    first, second = adjusted(desk, 1_00), adjusted(desk, 1_00)
    passed = desk.run(desk.proved(first.id, desk.bob))
    with pytest.raises(BindingDiffers):  # the same amount for the same customer, and another change
        desk.run(desk.changes.approve(second.id, desk.bob, passed))
    with pytest.raises(ChallengeOver):  # and it is void now
        desk.run(desk.changes.approve(first.id, desk.bob, passed))
    with pytest.raises(ChallengeNotFound):
        desk.run(desk.changes.approve(first.id, desk.carol, desk.run(desk.proved(first.id, desk.bob))))
    passed = desk.run(desk.proved(first.id, desk.bob))
    desk.run(desk.changes.approve(first.id, desk.bob, passed))
    with pytest.raises((ChangeOver, ChallengeOver)):
        desk.run(desk.changes.approve(first.id, desk.bob, passed))
    assert balance(desk) == 101_00


def test_abuse_83_a_sign_in_is_no_approval_and_an_approval_ends(desk) -> None:
    change = adjusted(desk)
    signing_in = desk.run(desk.staff.password("bob", STAFF_PASSWORD, "en"))
    with pytest.raises(BindingDiffers):
        desk.run(desk.changes.approve(change.id, desk.bob, signing_in.id))
    passed = desk.run(desk.proved(change.id, desk.bob))
    desk.clock.advance(301)
    with pytest.raises(VerificationError):
        desk.run(desk.changes.approve(change.id, desk.bob, passed))
    assert balance(desk) == 100_00


def test_abuse_83_a_change_that_was_altered_is_not_what_was_confirmed(desk) -> None:
    change = adjusted(desk)
    passed = desk.run(desk.proved(change.id, desk.bob))
    with desk.db.write() as connection:
        connection.exec_driver_sql('UPDATE staff_changes SET "values" = ?', (b'{"amount":9900,"currency":156}',))
    with pytest.raises(BindingDiffers):
        desk.run(desk.changes.approve(change.id, desk.bob, passed))
    assert balance(desk) == 100_00


def test_what_an_approver_reads_names_the_amount_and_the_account(desk) -> None:
    text = desk.run(desk.changes.confirm(adjusted(desk, -25_00).id, desk.bob, "en")).text
    assert "¥25.00 (CNY)" in text
    assert str(desk.mei) in text
    level = desk.run(desk.changes.confirm(levelled(desk).id, desk.bob, "en")).text
    assert "remote · full" in level


def test_what_is_done_with_two_is_what_the_trail_says(desk) -> None:
    def differences() -> list[str]:
        with desk.db.snapshot() as connection:
            customers = levels.differences(desk.trail_book, connection)
            return [*customers, *accounts_audit.differences(desk.trail_book, connection, desk.members)]

    desk.do(lambda connection: levels.record_baseline(desk.trail_book, connection, desk.clock.now()))
    desk.do(lambda c: accounts_audit.record_baseline(desk.trail_book, c, desk.members, desk.clock.now()))
    desk.run(desk.approve(levelled(desk).id, desk.bob))
    roles = propose(desk, "staff_roles", {"roles": ["auditor"]}, by=desk.carol, about=desk.bob.subject)
    desk.run(desk.approve(roles.id, desk.alice))
    desk.do(desk.members.suspend, desk.carol.number, staff(0), desk.clock.now())
    desk.member("dan", "reviewer")
    assert differences() == []
    with desk.db.write() as connection:
        connection.exec_driver_sql("UPDATE customers SET level = 1 WHERE number = 1")
        connection.exec_driver_sql("UPDATE staff_members SET roles = 'admin,approver' WHERE login = 'bob'")
    assert len(differences()) == 2


def test_abuse_76_strangers_who_lock_a_member_stop_no_approval_on_a_known_device(desk) -> None:
    device, change = desk.sign_in_as("bob").session.device, adjusted(desk)
    rules, now = desk.services.policy.tries, desk.clock.now()
    guess = rules, desk.bob.subject, attempts.UNKNOWN, Factor.PASSWORD, now
    desk.do(lambda connection: [attempts.take(connection, *guess) for _ in range(rules.at_most)])
    for known, state in ((None, "locked"), (device, "open")):
        view = desk.run(desk.changes.confirm(change.id, desk.bob, "en", known))
        assert view.state == state
    desk.run(desk.services.verification.answer(view.id, desk.bob.subject, Factor.PASSWORD, STAFF_PASSWORD))
    desk.run(desk.services.verification.answer(view.id, desk.bob.subject, Factor.TOTP, desk.code_of("bob")))
    assert desk.run(desk.changes.approve(change.id, desk.bob, view.id)).state is ChangeState.APPLIED
