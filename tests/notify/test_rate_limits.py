"""SMS pumping: caps on codes by number, prefix and country, and an alarm where few codes are entered."""

from __future__ import annotations

import asyncio

import pytest
from notifying import BOTH, MAIL, MOBILE, code
from sending import Scripted

from feiqian.notify.errors import SendingCapped
from feiqian.notify.model import Audience, Channel, Message
from feiqian.notify.number_ranges import NumberRange, range_of
from feiqian.notify.rate_limits import Alarm
from feiqian.runtime.metrics import Metrics

HOUR, DAY = 3600, 86_400
WIDE = {"per_number_hour": 1000, "per_number_day": 1000, "per_prefix_hour": 1000, "per_country_hour": 1000}


def number(n: int, prefix: str = "+861380013") -> str:
    return f"{prefix}{n:04}"


def capped(bank, message: Message) -> str:
    with pytest.raises(SendingCapped) as raised:
        bank.queue(message)
    return raised.value.which


def limit(bank, customers: int = 0, **rate_limits: int) -> None:
    bank.sending(**(WIDE | rate_limits))
    bank.build({Channel.SMS: Scripted(), Channel.EMAIL: Scripted()}, customers=lambda: customers)


@BOTH
def test_abuse_40_a_number_gets_so_many_codes_an_hour(bank) -> None:
    limit(bank, per_number_hour=3)
    for _ in range(3):
        bank.queue(code())
    assert capped(bank, code()) == "number_hour"
    bank.queue(code(number(1)))
    bank.seconds(HOUR - 1)
    assert capped(bank, code()) == "number_hour"
    bank.seconds(1)
    bank.queue(code())


def test_abuse_40_a_number_gets_so_many_codes_a_day(bank) -> None:
    limit(bank, per_number_hour=3, per_number_day=4)
    for _ in range(4):
        bank.queue(code())
        bank.seconds(HOUR)
    assert capped(bank, code()) == "number_day"
    bank.seconds(DAY - 4 * HOUR)
    bank.queue(code())


def test_abuse_40_a_prefix_gets_so_many_codes_an_hour(bank) -> None:
    limit(bank, per_prefix_hour=5)
    for n in range(5):
        bank.queue(code(number(n)))
    assert capped(bank, code(number(6))) == "prefix_hour"
    bank.queue(code("+8613900139000"))
    bank.seconds(HOUR)
    bank.queue(code(number(6)))


def test_abuse_40_a_country_gets_so_many_codes_an_hour(bank) -> None:
    limit(bank, per_country_hour=4)
    for n in range(4):
        bank.queue(code(number(0, f"+86138{n}013")))
    assert capped(bank, code(number(0, "+861390013"))) == "country_hour"
    bank.queue(code("+34612345678"))


def test_abuse_40_countries_that_share_a_calling_code_are_counted_apart(bank) -> None:
    limit(bank, per_country_hour=1)
    bank.queue(code("+12025550123"))
    bank.queue(code("+18765550123"))
    assert capped(bank, code("+18765560123")) == "country_hour"


@BOTH
def test_abuse_40_parallel_requests_do_not_pass_together(bank) -> None:
    limit(bank, per_number_hour=4, per_prefix_hour=7)

    async def all_at_once() -> list[object]:
        messages = [code() for _ in range(10)] + [code(number(1)) for _ in range(10)]
        return await asyncio.gather(*(bank.work.db(bank.queue, one) for one in messages), return_exceptions=True)

    answers = asyncio.run(all_at_once())
    assert sum(isinstance(one, str) for one in answers) == 7
    assert sum(isinstance(one, SendingCapped) for one in answers) == 13
    assert len(bank.rows()) == 7


def test_abuse_40_a_capped_code_is_not_counted_and_is_told_without_the_number(bank, log) -> None:
    limit(bank, per_number_hour=1)
    bank.queue(code())
    assert [capped(bank, code()) for _ in range(3)] == ["number_hour"] * 3
    assert len(bank.rows(table="notify_codes")) == 1
    assert bank.notify.capped == 3
    assert "sending_capped" in log()
    assert MOBILE[1:] not in log()
    assert MOBILE[1:] not in str(SendingCapped("number_hour"))


@BOTH
@pytest.mark.parametrize("cap", ["per_number_hour", "per_number_day", "per_prefix_hour", "per_country_hour"])
def test_abuse_73_strangers_who_fill_a_cap_leave_customers_theirs(bank, cap: str) -> None:
    limit(bank, **{cap: 3})
    strangers, recoveries = ([code(audience=who)] * 3 for who in (Audience.STRANGER, Audience.RECOVERY))
    for message in strangers + recoveries:
        bank.queue(message)
    which = cap.removeprefix("per_")
    assert capped(bank, strangers[0]) == capped(bank, recoveries[0]) == which
    for _ in range(3):
        bank.queue(code())
    assert capped(bank, code()) == which


def test_abuse_73_the_caps_of_places_grow_with_the_bank(bank) -> None:
    limit(bank, customers=1_000_000, per_country_hour=500, per_prefix_hour=60)
    rate_limits = bank.notify._rate_limits
    assert [rate_limits.most_of_country(who) for who in Audience] == [50_000, 5_000, 1_000]
    assert [rate_limits.most_of_prefix(who) for who in Audience] == [5_000, 500, 100]
    limit(bank, customers=100, per_country_hour=500, per_prefix_hour=60)
    rate_limits = bank.notify._rate_limits
    assert {rate_limits.most_of_country(who) for who in Audience} == {500}
    assert {rate_limits.most_of_prefix(who) for who in Audience} == {60}


def test_abuse_73_a_bank_of_many_customers_sends_more_than_the_least(bank) -> None:
    limit(bank, customers=200, per_country_hour=2, per_prefix_hour=2)
    for n in range(10):
        bank.queue(code(number(0, f"+86138{n}013")))
    assert capped(bank, code(number(0, "+861390013"))) == "country_hour"


@BOTH
def test_abuse_73_an_alarm_comes_before_a_cap_is_used_up_and_another_when_it_is(bank, log) -> None:
    limit(bank, per_country_hour=10)
    metrics = Metrics()
    bank.notify.measure(metrics)
    shown = lambda name: f"feiqian_code_caps_{name} 1.0".encode() in metrics.render()  # noqa: E731
    for n in range(10):
        assert shown("near") is (n >= 8)
        bank.queue(code(number(n), audience=Audience.STRANGER))
    assert shown("near")
    assert shown("full")
    alarms(bank)
    assert log().count('"event": "alarm_began"') == 2
    assert log().count('"audience": "stranger"') == 2
    bank.seconds(HOUR)
    alarms(bank)
    assert not shown("near")
    assert not shown("full")
    assert log().count('"event": "alarm_ended"') == 2
    assert MOBILE[1:8] not in log()


def test_abuse_43_a_warning_in_place_of_a_code_is_capped_as_the_code_would_be(bank) -> None:
    limit(bank, per_number_hour=2)
    known = Message(code().to, Channel.SMS, MOBILE, "number_known", "en", {}, secret=True)
    bank.queue(known)
    bank.queue(known)
    assert capped(bank, known) == "number_hour"
    assert capped(bank, code()) == "number_hour"


def test_codes_by_e_mail_are_capped_by_address(bank) -> None:
    limit(bank, per_number_hour=2, per_prefix_hour=0, per_country_hour=0)
    for address in (MAIL, MAIL.upper()):
        bank.queue(code(address, Channel.EMAIL))
    assert capped(bank, code(MAIL, Channel.EMAIL)) == "number_hour"
    bank.queue(code("ana@example.com", Channel.EMAIL))


def test_notices_are_not_capped(bank) -> None:
    limit(bank, per_number_hour=0)
    assert len(bank.tell("frozen")) == 2


@BOTH
def test_abuse_40_an_alarm_where_few_codes_are_entered(bank, log) -> None:
    limit(bank)
    for n in range(20):
        bank.queue(code(number(n)))
        if n < 4:
            bank.entered(number(n))
    assert alarms(bank) == []  # the others may yet be entered
    bank.seconds(300)
    assert alarms(bank) == [Alarm("CN", 20, 4), Alarm("+861380", 20, 4)]
    assert "few_codes_are_entered" in log()
    assert MOBILE[1:8] not in log()


def test_there_is_no_alarm_where_enough_are_entered_or_few_were_sent(bank) -> None:
    limit(bank)
    for n in range(20):
        bank.queue(code(number(n)))
        if n < 5:
            bank.entered(number(n))
    for n in range(19):
        bank.queue(code(number(n, "+3461234")))
    bank.seconds(300)
    assert alarms(bank) == []


def test_an_alarm_goes_by_the_newest_codes_and_ends_when_no_more_are_sent(bank) -> None:
    limit(bank)
    for n in range(60):
        bank.queue(code(number(n)))
        bank.entered(number(n))
    bank.seconds(HOUR / 2)
    for n in range(100):
        bank.queue(code(number(100 + n)))
    bank.seconds(300)
    assert [alarm.sent for alarm in alarms(bank)] == [100, 100]
    bank.seconds(HOUR)
    assert alarms(bank) == []


def test_an_alarm_that_goes_on_is_logged_once_an_hour(bank, log) -> None:
    limit(bank)
    for _ in range(3):
        for n in range(20):
            bank.queue(code(number(n)))
        bank.seconds(1200)
        alarms(bank)
    assert log().count('"place": "CN"') == 1
    for n in range(20):
        bank.queue(code(number(n)))
    bank.seconds(1300)
    alarms(bank)
    assert log().count('"place": "CN"') == 2


def test_a_warning_in_place_of_a_code_is_not_counted_as_never_entered(bank) -> None:
    limit(bank)
    for n in range(40):
        bank.queue(Message(code().to, Channel.SMS, number(n), "number_known", "en", {}, secret=True))
    bank.seconds(300)
    assert alarms(bank) == []


def test_one_entry_counts_for_one_code_and_an_old_one_for_none(bank) -> None:
    limit(bank)
    bank.queue(code())
    bank.seconds(1)
    bank.queue(code())
    bank.entered()
    assert [row.entered_at > 0 for row in bank.rows("entered_at", "notify_codes")] == [False, True]
    bank.entered()
    assert all(row.entered_at > 0 for row in bank.rows("entered_at", "notify_codes"))
    bank.entered()
    bank.seconds(1)
    bank.queue(code(number(5)))
    bank.seconds(HOUR)
    bank.entered(number(5))
    assert bank.rows("entered_at", "notify_codes")[-1].entered_at == 0


def alarms(bank) -> list[Alarm]:
    asyncio.run(bank.notify._watch.look())
    return list(bank.notify._watch.alarms.values())


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("+8613800138000", NumberRange("CN", "+861380")),
        ("+34612345678", NumberRange("ES", "+346123")),
        ("+447400123456", NumberRange("GB", "+447400")),
        ("+447911123456", NumberRange("GG", "+447911")),
        ("+393451234567", NumberRange("IT", "+393451")),
        ("+88213300655", NumberRange("+882", "+8821330")),
        ("+1", NumberRange("?", "+1")),
        ("mei@example.com", NumberRange("", "")),
    ],
)
def test_a_place_is_a_country_and_the_first_digits(address: str, place: NumberRange) -> None:
    assert range_of(address) == place
