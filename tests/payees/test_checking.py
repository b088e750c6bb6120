"""The payee's name is compared before every transfer, and nobody learns from it whose a number is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feiqian.payees.errors import CheckNotFound, ChecksThrottled, PayeeInvalid, SenderNotVerified
from feiqian.payees.service import PER_DAY, UNFITTING_PER_DAY
from tests.customers.people import UNKNOWN
from tests.databases import ON_BOTH
from tests.transfers.sending import Sending

OTHER_NAME = "赵云"


def test_a_fitting_name_matches_and_a_close_one_shows_the_payees(bank: Sending) -> None:
    mei, ana = bank.person("mei"), bank.person("ana")
    fits, close, other = (bank.look_up(mei, ana.mobile, name) for name in ("LOPEZ ANA MARIA", "Ana Maria Lopes", "Ana"))
    assert [(one.check, one.name, one.receives) for one in (fits, close, other)] == [
        ("match", "", True),
        ("close_match", ana.name, True),
        ("no_match", "", True),
    ]


def test_abuse_43_an_unknown_number_is_answered_as_a_known_one_whose_name_does_not_fit(bank: Sending) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", level="remote")
    bank.run(bank.services.accounts.freeze(eve.number))
    known, unknown = (bank.look_up(mei, mobile, OTHER_NAME) for mobile in (eve.mobile, UNKNOWN))
    assert known.shown[:-4] == unknown.shown[:-4] == "+86 ••• "
    assert replace(known, id="", shown="", at=0) == replace(unknown, id="", shown="", at=0)


def test_abuse_43_what_does_not_fit_counts_for_a_day_and_so_does_what_nobody_has(bank: Sending) -> None:
    mei, eve = bank.person("mei"), bank.person("eve")
    for number in range(UNFITTING_PER_DAY):
        bank.look_up(mei, eve.mobile if number % 2 else UNKNOWN, OTHER_NAME)
    for mobile, name in ((eve.mobile, OTHER_NAME), (UNKNOWN, OTHER_NAME), (eve.mobile, eve.name)):
        with pytest.raises(ChecksThrottled):
            bank.look_up(mei, mobile, name)
    bank.clock.advance(86_401)
    assert bank.look_up(mei, eve.mobile, eve.name).check == "match"


def test_so_many_payees_are_checked_in_a_day(bank: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feiqian.payees.service.PER_DAY", 3)
    assert PER_DAY > 3
    mei, eve = bank.person("mei"), bank.person("eve")
    for _ in range(3):
        bank.look_up(mei, eve.mobile, eve.name)
    with pytest.raises(ChecksThrottled):
        bank.look_up(mei, eve.mobile, eve.name)


@pytest.mark.parametrize(
    ("way", "payee", "name", "field"),
    [
        ("mobile", "12", "王小雨", "payee"),
        ("account", "6200", "王小雨", "payee"),
        ("mobile", "+8613900002222", "", "name"),
        ("mobile", "+8613900002222", "王小\u202e雨", "name"),
        ("mobile", "+86139\u202e00002222", "王小雨", "payee"),
        ("mobile", "+8613900002222", "123", "name"),
        ("pigeon", "x", "王小雨", "way"),
        ("mobile", "1" * 65, "王小雨", "payee"),
    ],
)
def test_what_can_name_nobody_is_refused_by_its_form(
    bank: Sending, way: str, payee: str, name: str, field: str
) -> None:
    mei = bank.person("mei")
    with pytest.raises(PayeeInvalid) as refused:
        bank.look_up(mei, payee, name, way)
    assert refused.value.field == field


@ON_BOTH
def test_a_check_is_used_within_minutes_and_swept_after_days(bank: Sending) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    check = bank.look_up(mei, eve.mobile, eve.name)
    bank.clock.advance(15 * 60)
    mei = mei._replace(session=bank.enter().session)
    with pytest.raises(CheckNotFound):
        bank.confirm(mei, bank.asked(check, 1_00))
    bank.clock.advance(2 * 86_400)
    assert bank.do(bank.services.payees.sweep, bank.clock.now(), 500) == 1
    assert bank.do(bank.services.payees.sweep, bank.clock.now(), 500) == 0


def test_who_was_not_seen_face_to_face_is_sent_nothing_and_no_reason_is_told(bank: Sending) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve", level="remote")
    check = bank.look_up(mei, eve.mobile, eve.name)
    assert (check.check, check.receives) == ("match", False)
    told = bank.send(mei, bank.asked(check, 10_00))
    assert (told.status, told.reason) == ("declined", "payee_not_receiving")


def test_a_payee_who_is_frozen_or_whose_account_is_closed_is_sent_nothing_in_the_same_words(bank: Sending) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    account = bank.account(eve.number)
    number = bank.do(bank.services.deposits.number, account.id)
    before = bank.asked(bank.look_up(mei, eve.mobile, eve.name), 10_00)
    challenge = bank.confirm(mei, before)
    bank.run(bank.services.accounts.freeze(eve.number))
    assert not bank.look_up(mei, eve.mobile, eve.name).receives
    assert not bank.look_up(mei, number, eve.name, "account").receives
    assert bank.send(mei, before, challenge).reason == "payee_not_receiving"
    assert bank.look_up(mei, eve.mobile, OTHER_NAME).receives, "which is told of no one whose name did not fit"


def test_a_name_that_does_not_fit_is_sent_nothing(bank: Sending) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    known = bank.send(mei, bank.asked(bank.look_up(mei, eve.mobile, OTHER_NAME), 10_00))
    unknown = bank.send(mei, bank.asked(bank.look_up(mei, UNKNOWN, OTHER_NAME), 10_00, "T2"))
    assert [known.reason, unknown.status] == ["name_differs", "waiting"]
    assert (bank.wallet(mei), bank.wallet(eve)) == (100_00, 0)


def test_abuse_43_who_has_not_shown_who_they_are_learns_nothing_of_others(bank: Sending) -> None:
    mei, eve = bank.person("mei", level="unverified"), bank.person("eve")
    with pytest.raises(SenderNotVerified):
        bank.look_up(mei, eve.mobile, eve.name)
