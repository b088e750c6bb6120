"""Staff sign in with two factors, always; an account that is suspended is out at the very next request."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from authenticator import Authenticator
from staffed import FIREFOX, STAFF_PASSWORD

from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.auth.errors import SignInLocked, SignInRefused
from feiqian.backoffice.errors import MemberNotFound, NotAllowed
from feiqian.backoffice.model import OPERATOR, MemberState
from feiqian.backoffice.service import Staff
from feiqian.policy.factors import Factor, Purpose
from feiqian.subjects import Role
from feiqian.testing.sessions import open_session


def test_password_and_code_open_a_session_and_the_trail_says_so(bank) -> None:
    member = bank.member("alice", "supporter")
    opened = bank.sign_in_as("alice")
    who = bank.run(bank.staff.of_session(opened.token))
    assert who is not None
    assert (who.member, who.session.id) == (member, opened.session.id)
    last = bank.entries(str(member.subject))[-1]
    assert (last.action, last.details["factors"]) == ("signed_in", ["password", "totp"])


def test_a_password_alone_opens_nothing(bank) -> None:
    member = bank.member("alice", "supporter")
    view = bank.run(bank.staff.password("alice", STAFF_PASSWORD, "en"))
    assert (view.state, view.passed) == ("open", (Factor.PASSWORD,))
    with pytest.raises(SignInRefused):
        bank.run(bank.staff.code("alice", view.id, "000000", FIREFOX, "en"))
    with bank.db.read() as connection:
        assert bank.services.sessions.list(connection, member.subject) == []


@pytest.mark.parametrize(("login", "password"), [("alice", "wrong"), ("nobody", STAFF_PASSWORD), ("", "wrong")])
def test_abuse_43_a_wrong_password_and_an_unknown_login_are_answered_alike(bank, login: str, password: str) -> None:
    bank.member("alice", "supporter")
    bank.hasher.calls.clear()
    with pytest.raises(SignInRefused) as refused:
        bank.run(bank.staff.password(login, password, "en"))
    assert str(refused.value) == "the login, the password or the code is not right"
    assert bank.hasher.calls == ["matches"]
    assert "sign_in_refused" not in bank.actions()


@pytest.mark.parametrize("login", ["alice", "nobody"])
@pytest.mark.parametrize("password", ["", "  ", "\u200b", "x" * 129])
def test_abuse_43_a_password_that_is_none_is_refused_before_anything_is_looked_up(bank, login, password) -> None:
    bank.member("alice", "supporter")
    bank.hasher.calls.clear()
    for _ in range(20):
        with pytest.raises(SignInRefused):
            bank.run(bank.staff.password(login, password, "en"))
    assert bank.hasher.calls == []
    assert bank.run(bank.staff.password("ＡＬＩＣＥ\u200e ", STAFF_PASSWORD, "en")).passed == (Factor.PASSWORD,)


@pytest.mark.parametrize("login", ["alice", "nobody"])
def test_abuse_36_tries_are_counted_for_known_and_unknown_and_then_locked(bank, login: str) -> None:
    bank.member("alice", "supporter")
    outcomes = []
    for _ in range(7):
        with pytest.raises((SignInRefused, SignInLocked)) as refused:
            bank.run(bank.staff.password(login, "wrong", "en"))
        outcomes.append(type(refused.value))
    assert outcomes[:4] == [SignInRefused] * 4
    assert outcomes[5:] == [SignInLocked] * 2
    with pytest.raises(SignInLocked):
        bank.run(bank.staff.password(login, STAFF_PASSWORD, "en"))


def test_abuse_44_a_locked_member_still_signs_in_with_a_key(bank) -> None:
    member, key = bank.member("alice", "supporter"), Authenticator()
    bank.enrol_key(member, key)
    for _ in range(6):
        with pytest.raises((SignInRefused, SignInLocked)):
            bank.run(bank.staff.password("alice", "wrong", "en"))
    challenge, wanted = bank.run(bank.staff.passkey_options("en"))
    assert bank.run(bank.staff.passkey(challenge, key.get(wanted), FIREFOX, "en")).session.subject == member.subject


def test_a_code_is_taken_once(bank) -> None:
    bank.member("alice", "supporter")
    code = bank.code_of("alice")
    for expected in (None, SignInRefused):
        view = bank.run(bank.staff.password("alice", STAFF_PASSWORD, "en"))
        if expected is None:
            bank.run(bank.staff.code("alice", view.id, code, FIREFOX, "en"))
        else:
            with pytest.raises(expected):
                bank.run(bank.staff.code("alice", view.id, code, FIREFOX, "en"))


def test_a_customers_passkey_opens_no_staff_session(bank) -> None:
    opened, key = bank.checked(), Authenticator()
    bank.enrol(opened.session, key)
    challenge, wanted = bank.run(bank.staff.passkey_options("en"))
    with pytest.raises(SignInRefused):
        bank.run(bank.staff.passkey(challenge, key.get(wanted), FIREFOX, "en"))


def test_abuse_31_a_customers_session_is_none_of_staff(bank) -> None:
    opened, member = bank.checked(), bank.member("alice", "supporter")
    assert opened.session.subject.role is Role.CUSTOMER
    assert opened.session.subject.number == member.number  # the same number, and somebody else
    assert bank.run(bank.staff.of_session(opened.token)) is None


def test_abuse_42_a_challenge_for_something_else_opens_no_session(bank) -> None:
    member = bank.member("alice", "supporter")

    other = ChallengeBinding(purpose=Purpose.STAFF_ACT)
    view = bank.run(bank.verification.begin(member.subject, other, "en"))
    bank.run(bank.verification.answer(view.id, member.subject, Factor.PASSWORD, STAFF_PASSWORD))
    with pytest.raises(SignInRefused):
        bank.run(bank.staff.code("alice", view.id, bank.code_of("alice"), FIREFOX, "en"))
    assert Staff.binding.purpose is Purpose.STAFF_SIGN_IN


def test_abuse_33_a_suspended_member_is_out_at_once_everywhere(bank) -> None:
    alice, admin = bank.member("alice", "supporter"), bank.member("bob", "admin")
    tokens = [bank.sign_in_as("alice").token for _ in range(2)]
    bank.run(bank.staff.suspend(alice.id, admin))
    assert [bank.run(bank.staff.of_session(token)) for token in tokens] == [None, None]
    assert bank.do(bank.services.sessions.list, alice.subject) == []
    with pytest.raises(SignInRefused):
        bank.run(bank.staff.password("alice", STAFF_PASSWORD, "en"))
    last = bank.entries(str(alice.subject))[-1]
    assert (last.actor, last.action, last.details) == (
        admin.subject,
        "staff_suspended",
        {"login": "alice", "sessions": 2},
    )


def test_abuse_33_a_sign_in_that_was_under_way_ends_too(bank) -> None:
    alice, admin = bank.member("alice", "supporter"), bank.member("bob", "admin")
    view = bank.run(bank.staff.password("alice", STAFF_PASSWORD, "en"))
    bank.run(bank.staff.suspend(alice.id, admin))
    with pytest.raises(SignInRefused):
        bank.run(bank.staff.code("alice", view.id, bank.code_of("alice"), FIREFOX, "en"))


def test_abuse_33_a_suspended_members_key_opens_nothing(bank) -> None:
    alice, key = bank.member("alice", "supporter"), Authenticator()
    bank.enrol_key(alice, key)
    bank.do(bank.members.suspend, alice.number, OPERATOR, bank.clock.now())
    challenge, wanted = bank.run(bank.staff.passkey_options("en"))
    with pytest.raises(SignInRefused):
        bank.run(bank.staff.passkey(challenge, key.get(wanted), FIREFOX, "en"))


def test_abuse_33_a_session_that_outlived_its_accounts_suspension_would_open_nothing(bank) -> None:
    alice = bank.member("alice", "supporter")
    bank.do(bank.members.suspend, alice.number, OPERATOR, bank.clock.now())
    opened = bank.do(partial(open_session, bank.services.sessions), alice.subject, bank.clock.now())
    assert bank.run(bank.staff.of_session(opened.token)) is None


def test_roles_are_read_anew_at_every_request(bank) -> None:
    alice = bank.member("alice", "supporter")
    token = bank.sign_in_as("alice").token
    bank.do(bank.members.set_roles, alice.number, ["auditor"], OPERATOR, bank.clock.now())
    who = bank.run(bank.staff.of_session(token))
    assert who is not None
    assert who.member.roles == {"auditor"}


def test_only_an_admin_suspends_or_sees_accounts(bank) -> None:
    alice, admin = bank.member("alice", "supporter", "approver", "auditor", "reviewer"), bank.member("bob", "admin")
    for act in (bank.staff.suspend(admin.id, alice), bank.staff.accounts(alice), bank.staff.member(admin.id, alice)):
        with pytest.raises(NotAllowed):
            bank.run(act)
    with pytest.raises(MemberNotFound):
        bank.run(bank.staff.suspend("stf_0", admin))
    assert [member.login for member in bank.run(bank.staff.accounts(admin)).items] == ["alice", "bob"]


def test_signing_out_ends_this_session_alone(bank) -> None:
    bank.member("alice", "supporter")
    tokens = [bank.sign_in_as("alice").token for _ in range(2)]
    who = bank.run(bank.staff.of_session(tokens[0]))
    bank.run(bank.staff.sign_out(who.session))
    assert bank.run(bank.staff.of_session(tokens[0])) is None
    assert bank.run(bank.staff.of_session(tokens[1])) is not None


def test_many_who_guess_at_once_get_no_more_tries(bank) -> None:
    bank.member("alice", "supporter")

    async def guess() -> list[object]:
        tries = [bank.staff.password("alice", f"guess {n}", "en") for n in range(20)]
        return await asyncio.gather(*tries, return_exceptions=True)

    bank.hasher.calls.clear()
    outcomes = bank.run(guess())
    assert all(isinstance(outcome, SignInRefused | SignInLocked) for outcome in outcomes)
    assert len(bank.hasher.calls) <= 5
    assert bank.whole()


def test_the_states_of_accounts_are_listed(bank) -> None:
    bank.member("alice", "supporter")
    invited = bank.do(bank.members.add, "carol", "Carol", ("auditor",), OPERATOR, bank.clock.now()).account
    bank.do(bank.members.suspend, invited.number, OPERATOR, bank.clock.now())
    states = [member.state for member in bank.do(bank.members.all)]
    assert states == [MemberState.ACTIVE, MemberState.SUSPENDED]
