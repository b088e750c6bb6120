"""The service of an account: its states, who may change them, and what can be paid from."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from feiqian.deposits.tables import accounts
from feiqian.ids import NO_CUSTOMER
from feiqian.quick.errors import QuickRefused
from feiqian.quick.model import Pause, QuickState, Way
from feiqian.subjects import customer
from tests.customers.people import EVE, EVE_DETAILS, People
from tests.quick.accounts import OPERATOR, account_of, number_of


def change(people: People, *what: Any) -> None:
    people.clock.advance(1)  # messages are in order of time
    people.do(*what)


def test_an_account_is_a_candidate_while_its_service_is_open(people: People) -> None:
    quick, mei = people.services.quick, people.checked().session.subject.customer
    account, by = account_of(people, mei), customer(mei)
    tail = number_of(people, account)[-6:]
    assert people.do(quick.candidates, mei, tail) == []
    change(people, quick.open_within, account, by, Way.WALLET)
    assert people.do(quick.candidates, mei, f" {tail[:3]} {tail[3:]}") == [account]
    change(people, quick.pause_within, account, by, Pause.HOLDER)
    assert people.do(quick.candidates, mei, tail) == []
    change(people, quick.resume_within, account, by, Way.WALLET)
    assert people.do(quick.candidates, mei, tail) == [account]
    change(people, quick.close_within, account, by)
    assert people.do(quick.candidates, mei, tail) == []
    kinds = [kind for kind, channel in people.told(mei) if channel == "sms" and kind.startswith("quick")]
    assert kinds == ["quick_opened", "quick_paused", "quick_resumed", "quick_closed"]
    assert people.audit_log(mei)[-4:] == kinds


def test_more_digits_name_one_of_two_accounts_and_another_persons_are_not_found(people: People) -> None:
    quick = people.services.quick
    mei = people.checked().session.subject.customer
    eve = people.checked(EVE, EVE_DETAILS).session.subject.customer
    account = account_of(people, mei)
    people.do(quick.open_within, account, customer(mei), Way.PAGE)
    number = number_of(people, account)
    assert people.do(quick.candidates, mei, number[-9:]) == [account]
    wrong = str((int(number[-9]) + 1) % 10) + number[-8:]
    for digits in (wrong, number[-5:], "", "none"):
        assert people.do(quick.candidates, mei, digits) == []
    for other in (eve, NO_CUSTOMER):
        assert people.do(quick.candidates, other, number[-6:]) == []


def test_what_staff_have_paused_only_staff_resume_or_close(people: People) -> None:
    quick, mei = people.services.quick, people.checked().session.subject.customer
    account, by = account_of(people, mei), customer(mei)
    with pytest.raises(QuickRefused, match="state"):
        people.do(quick.pause_within, account, by, Pause.HOLDER)
    people.do(quick.open_within, account, by, Way.WALLET)
    people.do(quick.pause_within, account, by, Pause.HOLDER)
    people.do(quick.pause_within, account, OPERATOR, Pause.STAFF)
    people.do(quick.pause_within, account, by, Pause.HOLDER)
    assert people.do(quick.of, account).pause is Pause.STAFF
    for change in (quick.resume_within, quick.open_within):
        with pytest.raises(QuickRefused, match="staff"):
            people.do(change, account, by, Way.WALLET)
    with pytest.raises(QuickRefused, match="staff"):
        people.do(quick.close_within, account, by)
    people.do(quick.resume_within, account, OPERATOR, Way.STAFF)
    assert people.do(quick.of, account).state is QuickState.OPEN


def test_a_service_opens_on_no_account_of_a_frozen_person(people: People) -> None:
    quick, mei = people.services.quick, people.checked().session.subject.customer
    account = account_of(people, mei)
    people.run(people.freezing.freeze(mei, OPERATOR))
    with pytest.raises(QuickRefused, match="frozen"):
        people.do(quick.open_within, account, customer(mei), Way.WALLET)
    assert people.do(quick.of, account).state is QuickState.CLOSED


def test_an_account_is_named_by_its_alias_however_it_is_typed(people: People) -> None:
    quick, mei = people.services.quick, people.checked().session.subject.customer
    account = account_of(people, mei)
    people.do(quick.open_within, account, customer(mei), Way.WALLET)
    assert people.do(quick.candidates, mei, "Tea-House 7") == []
    people.do(lambda connection: connection.execute(update(accounts).values(alias="Tea-House 7")))
    (named,) = people.do(quick.candidates, mei, " tea-house 7\u200b")
    assert named.id == account.id
    assert people.do(quick.candidates, NO_CUSTOMER, "Tea-House 7") == []
    assert people.do(quick.candidates, mei, "tea-house") == []
