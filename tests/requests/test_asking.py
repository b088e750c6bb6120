"""Requests: made, paid once, declined, withdrawn, reminded of and ended."""

from __future__ import annotations

import pytest

from feiqian.auth.challenges.errors import BindingDiffers
from feiqian.clock import DAY, MICROSECONDS
from feiqian.money import CNY, MinorUnits
from feiqian.requests.errors import (
    CannotReceive,
    RemindedToday,
    RequestInvalid,
    RequestNotFound,
    RequestNumberUsed,
    RequestOver,
)
from feiqian.requests.model import LIFE, RequestStatus
from tests.databases import ON_BOTH
from tests.requests.asking import AskingPeople


@ON_BOTH
def test_a_request_is_paid_and_both_see_it(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", 500_00)
    made = bank.ask(mei, eve.mobile, 120_00, note="Dinner")
    got = bank.seen(eve, made.id)
    assert (got.status, got.amount, got.note, got.asker_name) == (RequestStatus.OPEN, 120_00, "Dinner", "**梅")
    assert bank.kinds(eve) == ["money_asked"]
    fact = bank.pay(eve, made.id)
    assert (fact.status, fact.about, fact.note, fact.payee) == ("succeeded", made.id, "Dinner", "**梅")
    assert (bank.wallet(mei), bank.wallet(eve)) == (120_00, 380_00)
    paid = bank.seen(mei, made.id)
    assert (paid.status, paid.transfer) == (RequestStatus.PAID, fact.id)
    assert bank.kinds(mei) == ["money_came"]


@ON_BOTH
def test_the_same_number_is_one_request_and_another_content_is_refused(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve")
    first = bank.ask(mei, eve.mobile, 10_00)
    assert bank.ask(mei, eve.mobile, 10_00) == first
    with pytest.raises(RequestNumberUsed):
        bank.ask(mei, eve.mobile, 11_00)
    with pytest.raises(RequestNumberUsed):
        bank.ask(mei, bank.person("ana").mobile, 10_00)
    assert bank.kinds(eve) == ["money_asked"]


def test_a_declined_payment_leaves_the_request_open_for_another_attempt(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", 10_00)
    made = bank.ask(mei, eve.mobile, 50_00)
    failed = bank.pay(eve, made.id)
    assert (failed.status, failed.reason) == ("declined", "insufficient_funds")
    assert bank.seen(eve, made.id).status is RequestStatus.OPEN
    bank.give(eve, 90_00)
    assert bank.pay(eve, made.id).status == "succeeded"
    assert (bank.wallet(mei), bank.wallet(eve)) == (50_00, 50_00)


def test_a_challenge_of_one_attempt_makes_no_other(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", 10_00)
    made = bank.ask(mei, eve.mobile, 50_00)
    first, second = bank.begin_paying(eve, made.id), bank.begin_paying(eve, made.id)
    assert bank.pay(eve, made.id, first).status == "declined"
    bank.give(eve, 90_00)
    with pytest.raises(BindingDiffers):
        bank.pay(eve, made.id, second)
    assert bank.wallet(mei) == 0


def test_abuse_117_whoever_asks_and_is_called_otherwise_by_now_is_confirmed_anew(bank: AskingPeople) -> None:
    """Also by a name that is masked to the same."""
    mei, eve = bank.person("mei"), bank.person("eve", 100_00)
    made = bank.ask(mei, eve.mobile)
    challenge = bank.begin_paying(eve, made.id)
    bank.rename(mei.number, f"赵{mei.name[1:]}")
    assert bank.seen(eve, made.id).asker_name == made.asker_name
    with pytest.raises(BindingDiffers):
        bank.pay(eve, made.id, challenge)
    assert (bank.wallet(mei), bank.wallet(eve)) == (0, 100_00)


def test_who_is_asked_declines_and_nothing_can_be_paid_any_more(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", 100_00)
    made = bank.ask(mei, eve.mobile)
    challenge = bank.begin_paying(eve, made.id)
    for _ in range(2):
        assert bank.run(bank.services.money_requests.decline(eve.number, made.id)).status is RequestStatus.DECLINED
    assert bank.kinds(mei) == ["money_refused"]
    with pytest.raises(RequestOver):
        bank.pay(eve, made.id, challenge)
    with pytest.raises(RequestOver):
        bank.run(bank.services.money_requests.withdraw(mei.number, made.id))


@ON_BOTH
def test_a_request_that_nobody_answers_ends_after_fourteen_days(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", 100_00)
    made = bank.ask(mei, eve.mobile)
    bank.clock.advance(LIFE // MICROSECONDS)
    assert bank.seen(mei, made.id).status is RequestStatus.ENDED
    with pytest.raises(RequestOver):
        bank.begin_paying(eve, made.id)
    sweep = bank.services.money_requests.sweep
    assert [bank.do(sweep, bank.clock.now(), 10) for _ in range(2)] == [1, 0]
    assert bank.kinds(mei) == ["money_unanswered"]
    assert bank.seen(mei, made.id).ended_at == made.ends_at


@ON_BOTH
def test_a_reminder_is_sent_once_a_day(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve")
    made = bank.ask(mei, eve.mobile)
    remind = bank.services.money_requests.remind
    with pytest.raises(RemindedToday) as refused:
        bank.run(remind(mei.number, made.id))
    assert refused.value.until == made.asked_at + DAY
    bank.clock.advance(DAY // MICROSECONDS)
    bank.run(remind(mei.number, made.id))
    with pytest.raises(RemindedToday):
        bank.run(remind(mei.number, made.id))
    assert bank.kinds(eve) == ["money_asked_again", "money_asked"]


def test_what_is_no_request_is_refused(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", level="remote")
    for person, amount, more in (
        ("12", 1, {}),
        (eve.mobile, 0, {}),
        (eve.mobile, -1, {}),
        (mei.mobile, 1, {}),
        (eve.mobile, 1, {"note": "x" * 141}),
        (eve.mobile, 1, {"note": "a\u202eb"}),
        (eve.mobile, 1, {"number": ""}),
    ):
        with pytest.raises(RequestInvalid):
            bank.ask(mei, person, amount, **more)
    with pytest.raises(CannotReceive):
        bank.ask(eve, mei.mobile, 1)  # others cannot send her anything


def test_another_customers_request_is_as_if_it_were_not(bank: AskingPeople) -> None:
    mei, eve, ana = bank.person("mei"), bank.person("eve"), bank.person("ana", 500_00)
    made = bank.ask(mei, eve.mobile)
    requests = bank.services.money_requests
    for doing in (
        requests.get,
        requests.decline,
        requests.remind,
        requests.withdraw,
        bank.services.request_blocking.block,
    ):
        with pytest.raises(RequestNotFound):
            bank.run(doing(ana.number, made.id))
    with pytest.raises(RequestNotFound):
        bank.begin_paying(ana, made.id)
    with pytest.raises(RequestNotFound):
        bank.run(requests.decline(mei.number, made.id))  # who has asked does not answer


def test_who_is_asked_by_a_receive_code_is_shown_masked(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", 500_00)
    code = bank.run(bank.services.receive_codes.show(eve.number, MinorUnits(0), CNY.number))
    made = bank.ask(mei, code.id)
    assert made.label == "**雨"
    assert bank.pay(eve, made.id).status == "succeeded"


def test_a_request_whose_words_cannot_be_read_ends_and_holds_up_no_other(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve")
    first, second = bank.ask(mei, eve.mobile), bank.ask(mei, eve.mobile, number="R2")
    with bank.db.write() as connection:
        connection.exec_driver_sql("UPDATE money_requests SET note = x'01' WHERE id = ?", (first.id,))
    bank.clock.advance(14 * 24 * 3600)
    assert bank.do(bank.services.money_requests.sweep, bank.clock.now(), 10) == 2
    assert bank.kinds(mei)[0] == "money_unanswered"
    with bank.db.write() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM money_requests WHERE status = 'ended'").scalar() == 2
    assert bank.seen(mei, second.id).status is RequestStatus.ENDED
