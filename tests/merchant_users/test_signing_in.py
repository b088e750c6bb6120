"""Merchants' people are invited by a link that is good once, enrol two factors, and sign in with two, always."""

from __future__ import annotations

import pytest
from authenticator import Authenticator
from staffed_shops import USER_PASSWORD, Shops

from feiqian.auth.challenges.errors import TooWeak
from feiqian.auth.errors import EnrolmentOver, SignInLocked, SignInRefused
from feiqian.merchant_users.errors import AddressTaken, UserInvalid
from feiqian.merchant_users.model import MerchantRole, UserState
from feiqian.policy.factors import Factor
from feiqian.subjects import Role, staff

LIN = "lin@shop.example"


def test_who_is_invited_enrols_and_signs_in_with_two_factors(bank: Shops) -> None:
    user = bank.user(LIN, "developer")
    assert (user.role, user.state, user.name) == (MerchantRole.DEVELOPER, UserState.ACTIVE, "Lin")
    opened = bank.let_in(LIN)
    assert opened.session.factors == (Factor.PASSWORD, Factor.TOTP)
    member = bank.run(bank.users.of_session(opened.token))
    assert member is not None
    assert (member.user, member.merchant) == (user, bank.teahouse)
    assert bank.actions(str(user.subject)) == ["user_invited", "user_enrolled", "signed_in"]
    assert bank.entries(str(user.subject))[0].details == {
        "merchant": "merchant:1",
        "user": user.id,
        "role": "developer",
    }


def test_a_password_alone_opens_nothing(bank: Shops) -> None:
    user = bank.user(LIN)
    view = bank.run(bank.users.password(LIN, USER_PASSWORD, "en"))
    assert (view.state, view.passed) == ("open", (Factor.PASSWORD,))
    with pytest.raises(SignInRefused):
        bank.run(bank.users.code(LIN, view.id, "000000", "", "en"))
    assert bank.do(bank.services.sessions.list, user.subject) == []


def test_a_passkey_is_two_factors_and_opens_no_page_of_staff(bank: Shops) -> None:
    token, key = bank.invite(LIN), Authenticator()
    bank.run(bank.users.name(token, "Lin Wei"))
    id, options = bank.run(bank.users.begin_key(token, Factor.PASSKEY))
    bank.run(bank.users.finish_key(token, id, key.create(options), ""))
    challenge, wanted = bank.run(bank.users.passkey_options("en"))
    opened = bank.run(bank.users.passkey(challenge, key.get(wanted), "", "en"))
    assert opened.session.subject.role is Role.USER
    assert bank.run(bank.staff.of_session(opened.token)) is None
    challenge, wanted = bank.run(bank.staff.passkey_options("en"))
    with pytest.raises(SignInRefused):
        bank.run(bank.staff.passkey(challenge, key.get(wanted), "", "en"))


def test_the_link_is_good_once_and_for_three_days(bank: Shops) -> None:
    token = bank.invite(LIN)
    bank.clock.advance(72 * 3600 - 60)
    assert bank.run(bank.users.enrolment(token)).email == LIN
    bank.clock.advance(60)
    with pytest.raises(EnrolmentOver):
        bank.run(bank.users.choose_password(token, USER_PASSWORD))
    token = bank.invite(LIN)
    bank.enrol(token, "Lin")
    key = Authenticator()
    for step in (
        lambda: bank.users.name(token, "Thief"),
        lambda: bank.users.choose_password(token, USER_PASSWORD),
        lambda: bank.users.begin_key(token, Factor.PASSKEY),
        lambda: bank.users.finish_key(token, "fac_1", key.create(wanted()), ""),
    ):
        with pytest.raises(EnrolmentOver):
            bank.run(step())


def wanted() -> dict:
    return {"rp": {"id": "localhost"}, "challenge": "AAAA", "user": {"id": "AAAA"}}


def test_of_two_invitations_the_newer_counts(bank: Shops) -> None:
    first = bank.invite(LIN, "viewer")
    second = bank.invite(LIN, "developer")
    with pytest.raises(EnrolmentOver):
        bank.run(bank.users.enrolment(first))
    assert bank.run(bank.users.enrolment(second)).role is MerchantRole.DEVELOPER
    assert len(bank.do(bank.users.users.of, bank.teahouse.number)) == 1


def test_a_weak_password_enrols_nobody_nor_does_one_factor(bank: Shops) -> None:
    token = bank.invite(LIN)
    with pytest.raises(TooWeak):
        bank.run(bank.users.choose_password(token, "lin@shop.example"))
    enrolment = bank.run(bank.users.begin_token(token))
    with pytest.raises(EnrolmentOver):
        bank.run(bank.users.finish_token(token, enrolment.id, "000000"))


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "x" * 101, "Lin\u202eWei"])
def test_a_name_that_is_none_is_refused(bank: Shops, name: str) -> None:
    token = bank.invite(LIN)
    with pytest.raises(UserInvalid) as refused:
        bank.run(bank.users.name(token, name))
    assert refused.value.reason == "name"


@pytest.mark.parametrize("email", ["lin@shop.example", "nobody@shop.example", "no address at all"])
def test_abuse_36_tries_are_counted_for_known_and_unknown_and_then_locked(bank: Shops, email: str) -> None:
    bank.user(LIN)
    outcomes = []
    bank.hasher.calls.clear()
    for _ in range(7):
        with pytest.raises((SignInRefused, SignInLocked)) as refused:
            bank.run(bank.users.password(email, "wrong", "en"))
        outcomes.append((type(refused.value), str(refused.value)))
    assert outcomes[:4] == [(SignInRefused, "the address, the password or the code is not right")] * 4
    assert [kind for kind, _ in outcomes[5:]] == [SignInLocked] * 2
    assert bank.hasher.calls == ["matches"] * 5
    with pytest.raises(SignInLocked):
        bank.run(bank.users.password(email, USER_PASSWORD, "en"))


def test_an_address_is_one_however_it_is_written(bank: Shops) -> None:
    bank.user(LIN)
    view = bank.run(bank.users.password(" LIN@Shop.Example ", USER_PASSWORD, "en"))
    assert view.passed == (Factor.PASSWORD,)
    with pytest.raises(UserInvalid) as refused:
        bank.do(bank.users.users.invite, 1, "Lin@SHOP.example", MerchantRole.VIEWER, "en", staff(0), bank.clock.now())
    assert refused.value.reason == "there"


def test_abuse_43_an_address_of_another_merchant_is_told_only_to_its_owner(bank: Shops) -> None:
    bank.user(LIN)
    secret = bank.totp[LIN]
    token = bank.invite(LIN, "owner", bank.bakery)  # answered as any other
    with pytest.raises(AddressTaken):
        bank.enrol(token, "Lin")
    bank.totp[LIN] = secret
    assert [one.state for one in bank.do(bank.users.users.of, bank.bakery.number)] == [UserState.INVITED]
    assert bank.let_in(LIN)  # as before


def test_abuse_62_neither_token_nor_password_nor_address_is_in_the_database_or_a_repr(bank: Shops, caplog) -> None:
    token = bank.invite(LIN)
    user = bank.enrol(token, "Lin Wei")
    stored, seen = bank.stored(), repr((user, bank.entries())) + caplog.text
    for secret in (token, USER_PASSWORD, LIN, "Lin Wei"):
        assert secret.encode() not in stored, secret
    assert token not in seen
    assert LIN not in seen
