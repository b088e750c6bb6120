"""Splits: made whole or not at all, each part a request, reminders only to those who have not answered."""

from __future__ import annotations

import pytest

from feiqian.clock import DAY, MICROSECONDS
from feiqian.requests import service
from feiqian.requests.errors import (
    RemindedToday,
    RequestInvalid,
    RequestNotFound,
    RequestNumberUsed,
    RequestOver,
    RequestsThrottled,
)
from feiqian.requests.model import TO_ONE_A_DAY, How, MoneyRequest, RequestStatus, Split
from tests.databases import ON_BOTH
from tests.requests.asking import AskingPeople
from tests.transfers.sending import Person


def asked(split: Split) -> list[MoneyRequest]:
    return [part.request for part in split.parts if part.request is not None]


def dinner(bank: AskingPeople) -> tuple[Person, Person, Person, Split]:
    mei, eve, ana = bank.person("mei"), bank.person("eve", 500_00), bank.person("ana", 500_00)
    return mei, eve, ana, bank.split(mei, 100_00, [(eve.mobile, 1), (ana.mobile, 1)], note="Dinner")


def test_each_part_is_a_request_and_the_parts_sum_to_the_bill(bank: AskingPeople) -> None:
    _, eve, ana, split = dinner(bank)
    assert [part.amount for part in split.parts] == [33_34, 33_33, 33_33]
    assert [one.label for one in asked(split)] == [eve.mobile, ana.mobile]
    assert {one.note for one in asked(split)} == {"Dinner"}
    assert bank.kinds(eve) == bank.kinds(ana) == ["money_asked"]


@ON_BOTH
def test_who_has_paid_is_seen(bank: AskingPeople) -> None:
    mei, eve, _, split = dinner(bank)
    assert split.paid == 33_34
    bank.pay(eve, asked(split)[0].id)
    now = bank.run(bank.services.splits.get(mei.number, split.id))
    assert (now.paid, [one.status for one in asked(now)]) == (66_67, [RequestStatus.PAID, RequestStatus.OPEN])
    with pytest.raises(RequestNotFound):
        bank.run(bank.services.splits.get(eve.number, split.id))


def test_whoever_splits_with_the_same_people_locks_them_in_the_same_order(
    bank: AskingPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    mei, eve, ana = bank.person("mei"), bank.person("eve"), bank.person("ana")
    locked: list[str] = []
    monkeypatch.setattr(service, "lock", lambda connection, what: locked.append(what))
    bank.split(mei, 30_00, [(ana.mobile, 1), (eve.mobile, 1)])
    bank.split(mei, 30_00, [(eve.mobile, 1), (ana.mobile, 1)], "S2")
    told = [what for what in locked if what.startswith("told of requests")]
    assert told[:2] == told[2:]
    assert len(set(told)) == 2


@ON_BOTH
def test_only_those_are_reminded_who_have_not_answered(bank: AskingPeople) -> None:
    mei, eve, ana, split = dinner(bank)
    bank.pay(eve, asked(split)[0].id)
    remind = bank.services.splits.remind
    with pytest.raises(RemindedToday):
        bank.run(remind(mei.number, split.id))
    bank.clock.advance(DAY // MICROSECONDS)
    bank.run(remind(mei.number, split.id))
    assert (bank.kinds(eve), bank.kinds(ana)) == (["money_asked"], ["money_asked_again", "money_asked"])
    bank.run(bank.services.money_requests.decline(ana.number, asked(split)[1].id))
    with pytest.raises(RequestOver):
        bank.run(remind(mei.number, split.id))


def test_the_same_number_is_one_split(bank: AskingPeople) -> None:
    mei, eve, ana, split = dinner(bank)
    again = bank.split(mei, 100_00, [(eve.mobile, 1), (ana.mobile, 1)], note="Dinner")
    assert again == split
    with pytest.raises(RequestNumberUsed):
        bank.split(mei, 100_01, [(eve.mobile, 1), (ana.mobile, 1)], note="Dinner")


def test_a_split_of_which_one_part_is_refused_asks_nobody(bank: AskingPeople) -> None:
    mei, eve, ana = bank.person("mei"), bank.person("eve"), bank.person("ana")
    with pytest.raises(RequestInvalid):
        bank.split(mei, 90_00, [(eve.mobile, 1), (mei.mobile, 1)])
    for number in range(TO_ONE_A_DAY):
        bank.ask(mei, ana.mobile, number=f"R{number}")
    with pytest.raises(RequestsThrottled):
        bank.split(mei, 90_00, [(eve.mobile, 1), (ana.mobile, 1)])
    assert bank.kinds(eve) == []
    assert bank.run(bank.services.splits.of(mei.number)).items == []


def test_a_bill_of_others_alone_has_no_part_of_its_owner(bank: AskingPeople) -> None:
    mei, eve, ana = bank.person("mei"), bank.person("eve"), bank.person("ana")
    people = [(eve.mobile, 30_00), (ana.mobile, 60_00)]
    split = bank.split(mei, 90_00, people, how=How.EXACT, mine=None)
    assert [(part.amount, part.request is None) for part in split.parts] == [(30_00, False), (60_00, False)]
    assert split.paid == 0
