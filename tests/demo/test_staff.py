"""The demo's staff: enrolled with real factors at each start, and let in and signed for by the demo's own keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.auth.challenges.errors import ChallengeNotFound
from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.auth.errors import SignInRefused
from feiqian.backoffice.model import OPERATOR, MemberState
from feiqian.demo.doors import Doors
from feiqian.demo.staff import DemoMerchant, DemoStaff
from feiqian.merchant_users.people import Act, Doing
from feiqian.policy.factors import Factor, Purpose
from feiqian.subjects import customer
from feiqian.testing.served import Served


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bank = Served(tmp_path_factory.mktemp("bank") / "bank")
    yield bank
    bank.stop()


def enrolled(bank: Served) -> DemoStaff:
    staff = DemoStaff(bank.bank.services)
    bank.wait_for(staff.enrol())
    return staff


def test_they_sign_in_by_the_passkey_that_the_demo_keeps(bank: Served) -> None:
    opened = bank.wait_for(enrolled(bank).sign_in("alice", "tests", "en"))
    assert opened.session.factors == (Factor.PASSKEY,)
    who = bank.wait_for(bank.bank.services.staff.of_session(opened.token))
    assert who is not None
    assert (who.member.login, who.member.roles) == ("alice", {"reviewer", "supporter"})
    with pytest.raises(KeyError):
        bank.wait_for(enrolled(bank).sign_in("mallory", "tests", "en"))


def test_a_start_enrols_them_anew_and_ends_the_sessions_of_before(bank: Served) -> None:
    before = enrolled(bank)
    opened = bank.wait_for(before.sign_in("bob", "tests", "en"))
    after = enrolled(bank)
    assert bank.wait_for(bank.bank.services.staff.of_session(opened.token)) is None
    assert bank.wait_for(after.sign_in("bob", "tests", "en")).session.subject == opened.session.subject
    with pytest.raises(SignInRefused):
        bank.wait_for(before.sign_in("bob", "tests", "en"))


def test_one_press_passes_a_challenge_of_their_own_and_no_other(bank: Served) -> None:
    staff, verification = enrolled(bank), bank.bank.services.verification
    alice, bob = (bank.wait_for(staff.sign_in(login, "tests", "en")).session.subject for login in ("alice", "bob"))
    act = ChallengeBinding(purpose=Purpose.STAFF_ACT, kind="adjust", reference="chg_1")
    challenge = bank.wait_for(verification.begin(bob, act, "en")).id
    with pytest.raises(ChallengeNotFound):
        bank.wait_for(staff.sign(alice, challenge))
    with pytest.raises(KeyError):
        bank.wait_for(staff.sign(customer(1), challenge))
    bank.wait_for(staff.sign(bob, challenge))
    passed = bank.wait_for(verification.consume(challenge, bob, act))
    assert (passed.subject, passed.factors) == (bob, (Factor.PASSKEY,))


def test_who_is_suspended_or_somebody_else_of_the_name_is_left_alone(bank: Served) -> None:
    enrolled(bank)
    services = bank.bank.services
    members, now = services.staff.members, services.clock.now()
    with services.db.write() as connection:
        bob = members.by_login(connection, "bob")
        members.suspend(connection, bob.number, OPERATOR, now)
    assert list(enrolled(bank).keys) == ["alice"]
    with services.db.read() as connection:
        assert members.by_login(connection, "bob").state is MemberState.SUSPENDED


def test_an_account_of_somebody_else_is_not_taken_over(tmp_path: Path) -> None:
    bank = Served(tmp_path / "bank")
    try:
        services = bank.bank.services
        with services.db.write() as connection:
            services.staff.members.add(connection, "alice", "Alice Liddell", ["auditor"], OPERATOR, 1)
        assert list(enrolled(bank).keys) == ["bob"]
    finally:
        bank.stop()


def test_a_press_opens_the_phone_of_whom_it_names(bank: Served) -> None:
    doors, browser = Doors(bank.bank.services, 200), "Mozilla/5.0 Chrome/126"
    opened = bank.wait_for(doors.open_phone(bank.customer(), browser, None, "es"))
    session = bank.wait_for(bank.bank.services.sessions.find(opened.token))
    assert session is not None
    assert (session.subject, session.language, opened.new_device) == (opened.session.subject, "es", True)
    again = bank.wait_for(doors.open_phone(session.subject.customer, browser, opened.device_token, "es"))
    assert not again.new_device


def test_an_owner_of_the_first_shop_signs_in_and_confirms_by_the_demos_key(bank: Served) -> None:
    services = bank.bank.services
    merchant = DemoMerchant(services)
    with pytest.raises(KeyError):
        bank.wait_for(merchant.sign_in("tests", "en"))
    for _ in range(7):  # a demo is started as often as one likes
        bank.wait_for(merchant.enrol())
    opened = bank.wait_for(merchant.sign_in("tests", "en"))
    member = bank.wait_for(services.merchant_users.of_session(opened.token))
    assert member is not None
    assert (member.user.role, member.merchant.number) == ("owner", 1)
    act = Act(Doing.INVITE, "mei@shop.example", "viewer")
    challenge = bank.wait_for(services.people.confirm(member, act, "en")).id
    with pytest.raises(KeyError):
        bank.wait_for(merchant.sign(customer(1), challenge))
    bank.wait_for(merchant.sign(member.subject, challenge))
    bank.wait_for(services.people.carry_out(member, act, challenge))
    assert len(bank.wait_for(services.people.all(member))) == 2
