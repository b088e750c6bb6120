"""Enrolling: a token once, for a day; then factors that nobody but their owner knows."""

from __future__ import annotations

import pytest
from authenticator import Authenticator
from staffed import FIREFOX, STAFF_PASSWORD

from feiqian.auth.challenges.errors import AnswerWrong, TooWeak
from feiqian.auth.errors import EnrolmentOver, SignInRefused
from feiqian.backoffice.errors import MemberInvalid
from feiqian.backoffice.model import OPERATOR, MemberState
from feiqian.policy.factors import Factor


def invited(bank, login: str = "mei", roles: tuple[str, ...] = ("supporter",)):
    return bank.do(bank.members.add, login, "Mei Lin", roles, OPERATOR, bank.clock.now())


def test_a_new_account_waits_for_its_person(bank) -> None:
    invitation = invited(bank)
    assert invitation.account.state is MemberState.INVITED
    assert bank.run(bank.staff.enrolment(invitation.token)) == invitation.account
    with pytest.raises(SignInRefused):
        bank.run(bank.staff.password("mei", STAFF_PASSWORD, "en"))


def test_with_password_and_token_it_is_at_work(bank) -> None:
    member = bank.member("mei", "supporter")
    assert member.state is MemberState.ACTIVE
    assert bank.actions(str(member.subject)) == ["staff_added", "staff_enrolled"]
    opened = bank.sign_in_as("mei")
    assert opened.session.factors == (Factor.PASSWORD, Factor.TOTP)


def test_a_key_is_two_factors_and_enough(bank) -> None:
    invitation, key = invited(bank), Authenticator()
    id, options = bank.run(bank.staff.begin_key(invitation.token, Factor.PASSKEY))
    bank.run(bank.staff.finish_key(invitation.token, id, key.create(options), "key"))
    challenge, wanted = bank.run(bank.staff.passkey_options("en"))
    opened = bank.run(bank.staff.passkey(challenge, key.get(wanted), FIREFOX, "en"))
    assert opened.session.subject == invitation.account.subject
    assert opened.session.factors == (Factor.PASSKEY,)


def test_the_token_opens_once_and_for_a_day(bank) -> None:
    invitation = invited(bank)
    bank.clock.advance(86_399)
    bank.run(bank.staff.enrolment(invitation.token))
    bank.clock.advance(1)
    with pytest.raises(EnrolmentOver):
        bank.run(bank.staff.choose_password(invitation.token, STAFF_PASSWORD))
    again = bank.do(bank.members.invite, invitation.account.number, OPERATOR, bank.clock.now())
    bank.run(bank.staff.enrolment(again.token))
    with pytest.raises(EnrolmentOver):
        bank.run(bank.staff.enrolment(invitation.token))


def test_a_token_that_was_pasted_with_blanks_and_unseen_marks_is_the_token(bank) -> None:
    invitation = invited(bank)
    for typed in (f" {invitation.token}\n", f"\u200e{invitation.token}\u200b", f"\u00a0{invitation.token}\ufe0f"):
        assert bank.run(bank.staff.enrolment(typed)) == invitation.account


def test_a_used_token_enrols_nobody_else(bank) -> None:
    invitation, key = invited(bank), Authenticator()
    id, options = bank.run(bank.staff.begin_key(invitation.token, Factor.PASSKEY))
    bank.run(bank.staff.finish_key(invitation.token, id, key.create(options), ""))
    for step in (
        bank.staff.begin_key(invitation.token, Factor.PASSKEY),
        bank.staff.choose_password(invitation.token, STAFF_PASSWORD),
        bank.staff.begin_token(invitation.token),
    ):
        with pytest.raises(EnrolmentOver):
            bank.run(step)


def test_a_weak_password_and_one_factor_alone_enrol_nobody(bank) -> None:
    token = invited(bank).token
    with pytest.raises(TooWeak):
        bank.run(bank.staff.choose_password(token, "password1234"))
    enrolment = bank.run(bank.staff.begin_token(token))
    with pytest.raises(EnrolmentOver):
        bank.run(bank.staff.finish_token(token, enrolment.id, "000000"))


def test_a_wrong_code_enrols_nobody(bank) -> None:
    token = invited(bank).token
    bank.run(bank.staff.choose_password(token, STAFF_PASSWORD))
    enrolment = bank.run(bank.staff.begin_token(token))
    with pytest.raises(AnswerWrong):
        bank.run(bank.staff.finish_token(token, enrolment.id, "not it"))
    assert bank.run(bank.staff.enrolment(token)).state is MemberState.INVITED


def test_who_is_invited_again_is_rid_of_what_others_may_hold(bank) -> None:
    member, lost, new = bank.member("mei", "supporter"), Authenticator(), Authenticator()
    bank.enrol_key(member, lost)
    opened = bank.run(bank.staff.passkey(*answered(bank, lost), FIREFOX, "en"))
    bank.clock.advance(1)
    bank.enrol_key(member, new)
    assert bank.run(bank.staff.of_session(opened.token)) is None
    with pytest.raises(SignInRefused):
        bank.run(bank.staff.passkey(*answered(bank, lost), FIREFOX, "en"))
    assert bank.run(bank.staff.passkey(*answered(bank, new), FIREFOX, "en"))


def answered(bank, key: Authenticator) -> tuple[str, str]:
    challenge, wanted = bank.run(bank.staff.passkey_options("en"))
    return challenge, key.get(wanted)


@pytest.mark.parametrize(
    ("login", "roles"),
    [("", ("admin",)), ("a", ("admin",)), ("A b", ("admin",)), ("mei", ()), ("mei", ("king",)), ("x" * 33, ("admin",))],
)
def test_an_account_that_cannot_be_is_refused(bank, login: str, roles: tuple[str, ...]) -> None:
    with pytest.raises(MemberInvalid):
        invited(bank, login, roles)


def test_a_login_is_given_once(bank) -> None:
    invited(bank)
    with pytest.raises(MemberInvalid) as refused:
        invited(bank, " MEI ")
    assert refused.value.reason == "taken"


def test_abuse_62_neither_token_nor_password_is_in_the_database_the_trail_or_a_repr(bank, caplog) -> None:
    invitation = invited(bank)
    bank.run(bank.staff.choose_password(invitation.token, STAFF_PASSWORD))
    with pytest.raises(SignInRefused) as refused:
        bank.run(bank.staff.password("mei", "canary of a password", "en"))
    seen = repr((invitation, refused.value, bank.entries())) + caplog.text
    for secret in (invitation.token, STAFF_PASSWORD, "canary of a password"):
        assert secret not in seen
        assert secret.encode() not in bank.stored()


def test_a_password_whose_token_was_used_while_it_was_hashed_is_not_set(bank, monkeypatch) -> None:
    invitation, key = invited(bank), Authenticator()
    id, options = bank.run(bank.staff.begin_key(invitation.token, Factor.PASSKEY))
    factors, new_password = bank.services.factors, bank.services.factors.new_password

    async def slow(password: str, own: list[str]) -> str:
        hashed = await new_password(password, own)
        await bank.staff.finish_key(invitation.token, id, key.create(options), "key")
        return hashed

    monkeypatch.setattr(factors, "new_password", slow)
    with pytest.raises(EnrolmentOver):
        bank.run(bank.staff.choose_password(invitation.token, STAFF_PASSWORD))
    assert not bank.do(factors.has, invitation.account.subject, Factor.PASSWORD)
