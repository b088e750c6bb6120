"""The service of an account: its states, who may change them, and what can be paid from."""

from __future__ import annotations

from typing import Any

import pytest

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
    assert [act for act in people.audit_log(mei) if act.startswith("quick")] == kinds


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
    assert people.do(quick.candidates, mei, "TeaHouse7") == []
    people.run(people.services.aliases.choose(mei, account.id, "TeaHouse7"))
    for typed in ("TeaHouse7", " teahouse7\u200b", "ＴｅａＨｏｕｓｅ７", "TéaH0use7"):
        (named,) = people.do(quick.candidates, mei, typed)
        assert named.id == account.id
    assert people.do(quick.candidates, NO_CUSTOMER, "TeaHouse7") == []
    assert people.do(quick.candidates, mei, "teahouse") == []


def test_whoever_opens_it_is_told_of_the_accounts_movements_until_they_choose_otherwise(people: People) -> None:
    quick, mei = people.services.quick, people.checked().session.subject.customer
    account, by = account_of(people, mei), customer(mei)
    people.do(quick.open_within, account, by, Way.PAGE)

    def channels() -> tuple[str, ...]:
        (shown,) = [one for one in people.run(people.services.reminders.of(mei)) if one.reminder.name == account.id]
        return tuple(channel.value for channel in shown.reminder.choice.channels)

    assert channels() == ("sms",)
    people.do(quick.close_within, account, by)
    people.do(quick.open_within, account, by, Way.PAGE)
    assert channels() == ("sms",)
