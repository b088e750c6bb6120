"""A mobile number that changes, or is somebody else's by now, pauses quick payment; the old number proves nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from feiqian.auth.model import Opened
from feiqian.deposits.model import DepositAccount
from feiqian.policy.factors import Factor, Purpose
from feiqian.quick.errors import QuickRefused
from feiqian.quick.model import Pause, QuickState, Way
from feiqian.subjects import customer
from tests.customers.people import CHROME, EVE_DETAILS, MEI, MEI_DETAILS, MEI_ID, PASSWORD, People
from tests.quick.accounts import OPERATOR, account_of, number_of

NEW = "+8613900007777"


def opened_account(people: People) -> tuple[Opened, DepositAccount]:
    opened = people.checked()
    account = account_of(people, opened.session.subject.customer)
    people.do(people.services.quick.open_within, account, opened.session.subject, Way.WALLET)
    people.clock.advance(60)
    return opened, account


def moved(people: People, opened: Opened) -> None:
    """The customer changes the number, with a challenge and a code to the new one."""
    challenge = people.passed(opened.session, Purpose.CHANGE_CONTACT, "mobile", NEW)
    started = people.run(people.new_contacts.start(opened.session, challenge, "mobile", NEW))
    people.run(people.new_contacts.answer_code(opened.session, started.application, Factor.SMS, people.code()))
    people.run(people.new_contacts.finish(opened.session, started.application))


def public_code(people: People, account: DepositAccount) -> tuple[str, bool]:
    """A challenge of the public page with right details, and whether a code was sent."""
    public, before = people.services.public_quick, len(people.arrived())
    view = people.run(public.start("open", number_of(people, account), MEI_ID, MEI_DETAILS.name, "en"))
    people.run(public.send(view.id, Factor.SMS))
    return view.id, len(people.arrived()) > before


def test_a_changed_number_pauses_it_until_the_owner_opens_it_with_the_new_one(people: People) -> None:
    quick, (opened, account) = people.services.quick, opened_account(people)
    mei = opened.session.subject.customer
    moved(people, opened)
    now = people.do(quick.of, account)
    assert (now.state, now.pause) == (QuickState.PAUSED, Pause.NUMBER_CHANGED)
    assert people.do(quick.candidates, mei, number_of(people, account)[-6:]) == []
    challenge, _ = public_code(people, account)
    people.run(people.services.public_quick.answer(challenge, Factor.SMS, people.code()))
    assert people.arrived()[-1].address == NEW
    assert people.run(people.services.public_quick.finish(challenge)).state is QuickState.OPEN


def test_a_change_that_is_taken_back_pauses_nothing(people: People) -> None:
    quick, (opened, account) = people.services.quick, opened_account(people)
    profiles, mei = people.customers.profiles, opened.session.subject.customer

    def fail(connection: Connection) -> None:
        profiles.put_mobile(connection, mei, NEW, people.clock.now())
        assert quick.of(connection, account).state is QuickState.PAUSED
        raise LookupError

    with pytest.raises(LookupError):
        people.do(fail)
    assert people.do(quick.of, account).state is QuickState.OPEN


def test_a_number_that_was_reassigned_pauses_it_and_proves_nothing_any_more(people: People) -> None:
    quick, (opened, account) = people.services.quick, opened_account(people)
    mei = opened.session.subject.customer
    assert people.run(people.services.reassigned_numbers.mark(mei, MEI[-4:], OPERATOR))
    now = people.do(quick.of, account)
    assert (now.state, now.pause) == (QuickState.PAUSED, Pause.NUMBER_REASSIGNED)
    assert people.run(people.services.sessions.find(opened.token)) is None
    assert not people.do(people.verification.can_pass, opened.session.subject, Purpose.CHANGE_QUICK)
    assert not public_code(people, account)[1]
    for refused in (quick.open_within, quick.resume_within):
        with pytest.raises(QuickRefused, match="number"):
            people.do(refused, account, customer(mei), Way.WALLET)
    told = [(kind, channel) for kind, channel in people.told(mei) if kind in ("number_reassigned", "quick_paused")]
    assert sorted(told) == [("number_reassigned", "email"), ("quick_paused", "email")]
    assert people.audit_log(mei)[-2:] == ["quick_paused", "number_reassigned"]


def test_another_number_than_was_meant_stays_on_file(people: People) -> None:
    opened, _ = opened_account(people)
    mei = opened.session.subject.customer
    moved(people, opened)
    assert not people.run(people.services.reassigned_numbers.mark(mei, MEI[-4:], OPERATOR))
    assert people.run(people.services.sessions.find(opened.token)) is not None


def test_abuse_43_a_reassigned_number_is_as_one_that_nobody_has_and_its_new_holder_may_register(people: People) -> None:
    opened, _ = opened_account(people)
    people.run(people.services.reassigned_numbers.mark(opened.session.subject.customer, MEI[-4:], OPERATOR))
    with pytest.raises(Exception, match="is not right"):
        people.run(people.sign_in.password(MEI, PASSWORD, "en", CHROME))
    other = people.register(MEI, EVE_DETAILS)
    assert other.session.subject != opened.session.subject
    people.run(people.services.reassigned_numbers.mark(other.session.subject.customer, MEI[-4:], OPERATOR))
