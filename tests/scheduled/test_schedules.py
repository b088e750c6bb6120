"""A schedule makes one transfer for each of its days, asks the payee again, and says what it could not do."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from feiqian.accounts.kinds import deposit_id, wallet_id
from feiqian.auth.challenges.errors import BindingDiffers, NotPassed
from feiqian.auth.challenges.tables import challenges
from feiqian.events import PersonTransferDecided
from feiqian.money import CNY, MinorUnits
from feiqian.scheduled.errors import ScheduleInvalid, ScheduleNotFound, ScheduleOver, SchedulesUsedUp
from feiqian.scheduled.model import MOST, Planned, Rhythm, Schedule, State, Why
from feiqian.scheduled.support import SchedulesOf
from feiqian.scheduled.tables import schedules
from feiqian.transfers.errors import UnusualTooHigh
from tests.databases import ON_BOTH
from tests.transfers.sending import Person, Sending

DAY_SECONDS = 24 * 3600
TODAY = date(2027, 1, 15)  # of the tests' clock, at four in the afternoon
TOMORROW = TODAY + timedelta(days=1)
ONCE, WEEKLY, MONTHLY = Rhythm.ONCE, Rhythm.WEEKLY, Rhythm.MONTHLY


def planned(
    bank: Sending,
    mei: Person,
    eve: Person,
    rhythm: Rhythm = WEEKLY,
    first: date = TOMORROW,
    **more: Any,
) -> Planned:
    until = more.pop("until", None)
    amount, number = more.pop("amount", 30_00), more.pop("number", "S1")
    return Planned(bank.asked(bank.look_up(mei, eve.mobile, eve.name), amount, number, **more), rhythm, first, until)


def begin(bank: Sending, mei: Person, wanted: Planned) -> str:
    schedules, session = bank.services.schedules, mei.session
    return bank.prove(bank.run(schedules.begin(session.subject, wanted, "en", session.device)), session.subject)


def set_up(bank: Sending, mei: Person, wanted: Planned) -> Schedule:
    challenge = begin(bank, mei, wanted)
    return bank.run(bank.services.schedules.set_up(mei.session.subject, challenge))


def look(bank: Sending, days: float = 0) -> None:
    bank.clock.advance(days * DAY_SECONDS)
    bank.run(bank.services.scheduled_running.look())
    bank.ledger.commit()


def now_is(bank: Sending, mei: Person, schedule: Schedule) -> Schedule:
    return bank.run(bank.services.schedules.get(mei.number, schedule.id))


def made(bank: Sending) -> list[tuple[str, str | None]]:
    found = [fact for fact in bank.facts() if isinstance(fact, PersonTransferDecided)]
    return [(fact.number.partition("/")[2], fact.reason) for fact in found]


def told(bank: Sending, mei: Person) -> list[str]:
    return [kind for kind, channel in bank.told(mei.number) if kind.startswith("schedule") and channel == "sms"]


@pytest.fixture
def two(bank: Sending) -> tuple[Person, Person]:
    return bank.person("mei", 100_00), bank.person("eve")


@ON_BOTH
def test_it_is_made_on_each_of_its_days_and_ends_by_itself(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    schedule = set_up(bank, mei, planned(bank, mei, eve, until=TODAY + timedelta(days=8), note="Rent"))
    look(bank, 0.6)
    assert made(bank) == [], "it is not eight in the morning yet"
    for days, count in ((0.1, 1), (0, 1), (1, 1), (5, 1), (1, 2), (7, 2)):
        look(bank, days)
        assert len(made(bank)) == count, days
    assert made(bank) == [("20270116", None), ("20270123", None)]
    assert (bank.wallet(mei), bank.wallet(eve)) == (40_00, 60_00)
    assert now_is(bank, mei, schedule).state is State.ENDED
    (fact, _) = [one for one in bank.facts() if isinstance(one, PersonTransferDecided)]
    assert (fact.about, fact.note, fact.payee) == (schedule.id, "Rent", "王小雨")
    assert fact.proof is not None


def test_nothing_is_made_of_what_was_not_confirmed(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    schedules = bank.services.schedules
    view = bank.run(schedules.begin(mei.session.subject, planned(bank, mei, eve), "en", mei.session.device))
    assert "weekly 2027-01-16" in view.text
    with pytest.raises(NotPassed):
        bank.run(schedules.set_up(mei.session.subject, view.id))
    with pytest.raises(ScheduleNotFound):
        bank.run(schedules.set_up(eve.session.subject, view.id))
    assert bank.run(schedules.all_of(mei.number)) == []
    look(bank, 2)
    assert made(bank) == []
    assert bank.do(schedules.sweep, bank.clock.now(), 10) == 1


def test_abuse_25_set_up_again_it_is_the_same_one(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    challenge = begin(bank, mei, planned(bank, mei, eve))
    first, again = (bank.run(bank.services.schedules.set_up(mei.session.subject, challenge)) for _ in range(2))
    assert first == again
    assert len(bank.run(bank.services.schedules.all_of(mei.number))) == 1


@pytest.mark.parametrize("change", ["name", "holder"])
def test_abuse_117_a_payee_that_has_changed_stops_it_and_that_is_told(
    bank: Sending, two: tuple[Person, Person], change: str
) -> None:
    mei, eve = two
    schedule = set_up(bank, mei, planned(bank, mei, eve))
    if change == "name":
        bank.rename(eve.number, "王大雨")
    else:
        ana, profiles = bank.person("ana"), bank.services.customers.profiles
        bank.do(profiles.remove_mobile, eve.number, eve.session.subject)
        bank.do(profiles.put_mobile, ana.number, eve.mobile, bank.clock.now())
    look(bank, 1)
    found = now_is(bank, mei, schedule)
    assert (found.state, found.why, made(bank)) == (State.STOPPED, Why.PAYEE_CHANGED, [])
    assert told(bank, mei) == ["schedule_payee_changed"]


@pytest.mark.parametrize("change", ["name", "namesake"])
def test_abuse_117_a_payee_that_changes_before_the_confirmation_voids_it(
    bank: Sending, two: tuple[Person, Person], change: str
) -> None:
    mei, eve = two
    challenge = begin(bank, mei, planned(bank, mei, eve))
    if change == "name":
        bank.rename(eve.number, "王大雨")
    else:
        ana, profiles = bank.person("ana"), bank.services.customers.profiles
        bank.do(profiles.remove_mobile, eve.number, eve.session.subject)
        bank.do(profiles.put_mobile, ana.number, eve.mobile, bank.clock.now())
        bank.rename(ana.number, eve.name)
    with pytest.raises(BindingDiffers):
        bank.run(bank.services.schedules.set_up(mei.session.subject, challenge))


@ON_BOTH
def test_too_little_money_is_told_and_tried_once_more(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    set_up(bank, mei, planned(bank, mei, eve, amount=150_00))
    look(bank, 1)
    look(bank)
    assert (made(bank), told(bank, mei)) == ([("20270116", "insufficient_funds")], ["schedule_again"])
    bank.bring(wallet_id(CNY.number, mei.number), 100_00)
    look(bank, 1)
    assert made(bank)[1:] == [("20270116/2", None)]
    assert bank.wallet(eve) == 150_00
    look(bank, 6)
    assert made(bank)[2:] == [("20270123", "insufficient_funds")]
    assert told(bank, mei) == ["schedule_again", "schedule_again"]
    look(bank, 1)
    assert made(bank)[3:] == [("20270123/2", "insufficient_funds")]
    assert sorted(told(bank, mei)) == ["schedule_again", "schedule_again", "schedule_failed"]
    look(bank, 3)
    assert len(made(bank)) == 4


@ON_BOTH
def test_the_next_is_skipped_once_and_it_is_ended(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    subject, schedules = mei.session.subject, bank.services.schedules
    schedule = set_up(bank, mei, planned(bank, mei, eve))
    assert schedule.next_day is not None
    skipped = bank.run(schedules.skip(subject, schedule.id, schedule.next_day))
    assert skipped.next_day == TODAY + timedelta(days=8)
    with pytest.raises(ScheduleOver):
        bank.run(schedules.skip(subject, schedule.id, schedule.next_day))
    with pytest.raises(ScheduleNotFound):
        bank.run(schedules.end(eve.session.subject, schedule.id))
    look(bank, 1)
    assert made(bank) == []
    look(bank, 7)
    assert made(bank) == [("20270123", None)]
    for _ in range(2):
        assert bank.run(schedules.end(subject, schedule.id)).state is State.ENDED
    look(bank, 7)
    assert len(made(bank)) == 1
    assert bank.audit_log(mei.number)[-3:] == ["schedule_set_up", "schedule_skipped", "schedule_ended"]


@pytest.mark.parametrize("changed", [{"amount": 40_00}, {"source": "wallet"}, {"until": TOMORROW}, {"proved": b""}])
def test_a_schedule_that_is_not_as_it_was_confirmed_makes_nothing(
    bank: Sending, two: tuple[Person, Person], changed: dict[str, Any]
) -> None:
    """Whoever writes into the bank's database alone moves no money; the schedules of others go on. It is tried once."""
    mei, eve = two
    schedule, other = (
        set_up(bank, mei, planned(bank, mei, eve)),
        set_up(bank, mei, planned(bank, mei, eve, number="S2")),
    )
    bank.do(
        lambda connection: connection.execute(update(schedules).where(schedules.c.id == schedule.id).values(changed))
    )
    look(bank, 1)
    assert [fact.about for fact in bank.facts() if isinstance(fact, PersonTransferDecided)] == [other.id]
    assert_stopped_once(bank, mei, schedule)


def assert_stopped_once(bank: Sending, mei: Person, schedule: Schedule) -> None:
    """It is over, the customer and the bank were told once, and it is never looked at again."""
    found, running = now_is(bank, mei, schedule), bank.services.scheduled_running
    assert (found.state, found.why, found.next_at) == (State.STOPPED, Why.NOT_AS_CONFIRMED, 0)
    assert (running.altered.on, running.failing.on) == (True, False)
    for days in (0, 1):
        bank.clock.advance(days * DAY_SECONDS)
        assert bank.run(running.look()) == 0
        assert told(bank, mei) == ["schedule_not_as_confirmed"]
    assert bank.audit_log(mei.number).count("schedule_stopped") == 1


@pytest.mark.parametrize(
    "changed",
    [{"said": b"\x01" + bytes(40)}, {"said": b""}, {"next_day": None}, {"digest": "0" * 64}, {"rhythm": "daily"}],
)
def test_one_that_was_made_unreadable_is_stopped_and_its_customer_sees_that(
    bank: Sending, two: tuple[Person, Person], changed: dict[str, Any]
) -> None:
    """Also one without a day, which would be looked at for ever."""
    mei, eve = two
    schedule = set_up(bank, mei, planned(bank, mei, eve))
    with bank.db.write() as connection:
        (column,) = changed
        connection.exec_driver_sql(f"UPDATE schedules SET {column} = ?", (changed[column],))
    look(bank, 1)
    if column == "rhythm":  # for who wants to see it
        bank.do(lambda connection: connection.execute(update(schedules).values(rhythm=WEEKLY)))
    assert_stopped_once(bank, mei, schedule)
    assert [one.id for one in bank.run(bank.services.schedules.all_of(mei.number))] == [schedule.id]
    assert made(bank) == []


def test_what_cannot_be_made_now_is_tried_again_with_one_alarm(
    bank: Sending, two: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    mei, eve = two
    schedule, running = set_up(bank, mei, planned(bank, mei, eve)), bank.services.scheduled_running

    async def fail(*_: object) -> None:
        raise RuntimeError("a part of the bank fails")

    with monkeypatch.context() as patched:
        patched.setattr(running, "_wanted", fail)
        for days in (1, 0, 0):
            look(bank, days)
            assert running.failing.on
    look(bank)
    assert (running.failing.on, made(bank)) == (False, [("20270116", None)])
    assert now_is(bank, mei, schedule).state is State.ACTIVE


def test_what_was_proved_for_one_schedule_makes_no_other(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    begin(bank, mei, planned(bank, mei, eve, number="S2"))
    one = set_up(bank, mei, planned(bank, mei, eve))
    proved = {"proved": one.proved, "state": State.ACTIVE, "next_day": one.next_day, "next_at": one.next_at}
    bank.do(lambda connection: connection.execute(update(schedules).where(schedules.c.id != one.id).values(proved)))
    look(bank, 1)
    assert [fact.about for fact in bank.facts() if isinstance(fact, PersonTransferDecided)] == [one.id]


def test_each_day_rests_on_the_challenge_by_which_it_was_set_up(bank: Sending, two: tuple[Person, Person]) -> None:
    """Also when the challenge itself is kept no longer."""
    mei, eve = two
    challenge = begin(bank, mei, planned(bank, mei, eve))
    bank.run(bank.services.schedules.set_up(mei.session.subject, challenge))
    bank.do(lambda connection: connection.execute(delete(challenges)))
    for days in (1, 7):
        look(bank, days)
    proofs = [fact.proof for fact in bank.facts() if isinstance(fact, PersonTransferDecided)]
    assert [(it.challenge, it.factors) for it in proofs] == [(challenge, ("pin",))] * 2


@pytest.mark.parametrize("place", ["before the row", "after the row"])
def test_after_a_crash_the_day_is_one_transfer(tmp_path: Path, place: str) -> None:
    bank = Sending(tmp_path / "bank")
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    set_up(bank, mei, planned(bank, mei, eve))
    if place == "before the row":

        async def crash(*_: object) -> None:
            raise RuntimeError

        bank.services.scheduled_running._made = crash  # type: ignore[method-assign]
    look(bank, 1)
    with closing(bank.again()) as again:
        look(again)
        look(again)
        assert made(again) == [("20270116", None)]
        assert (again.wallet(mei), again.wallet(eve)) == (70_00, 30_00)
        assert again.findings() == []


def test_after_a_pause_of_the_bank_what_is_late_by_policy_is_made_and_the_rest_left_out(
    bank: Sending, two: tuple[Person, Person]
) -> None:
    mei, eve = two
    schedule = set_up(bank, mei, planned(bank, mei, eve))
    look(bank, 3)
    assert made(bank) == [("20270116", None)], "two days late, and three are allowed"
    look(bank, 26)  # the 13th of February: four days of it were missed but one
    assert made(bank)[1:] == [("20270213", None)]
    assert told(bank, mei) == ["schedule_missed"]
    assert now_is(bank, mei, schedule).next_day == date(2027, 2, 20)


def test_a_source_that_is_gone_stops_it(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    account = bank.account(mei.number, 50_00)
    schedule = set_up(bank, mei, planned(bank, mei, eve, source=account.id))
    look(bank, 1)
    assert bank.held(deposit_id(CNY.number, mei.number, 1)) == 20_00
    bank.run(bank.services.closing.close_for(mei.number, account.id, "wallet", mei.session.subject))
    look(bank, 7)
    assert now_is(bank, mei, schedule).why is Why.SOURCE_GONE
    assert told(bank, mei) == ["schedule_source_gone"]


def test_abuse_51_it_counts_towards_the_limits_like_any_other(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    set_up(bank, mei, planned(bank, mei, eve))
    look(bank, 1)
    assert bank.used_today(mei) == 30_00


@pytest.mark.parametrize(
    ("rhythm", "first", "until", "wrong"),
    [
        (WEEKLY, TODAY, None, "first"),
        (WEEKLY, TODAY + timedelta(days=367), None, "first"),
        (WEEKLY, TODAY + timedelta(days=2), TODAY + timedelta(days=1), "until"),
        (ONCE, TODAY + timedelta(days=1), TODAY + timedelta(days=1), "until"),
    ],
)
def test_what_makes_no_sense_is_refused(
    bank: Sending, two: tuple[Person, Person], rhythm: Rhythm, first: date, until: date | None, wrong: str
) -> None:
    mei, eve = two
    with pytest.raises(ScheduleInvalid) as refused:
        begin(bank, mei, planned(bank, mei, eve, rhythm, first, until=until))
    assert refused.value.field == wrong


def test_a_name_that_does_not_fit_and_too_much_for_a_first_payment_are_refused(
    bank: Sending, two: tuple[Person, Person]
) -> None:
    mei, eve = two
    check = bank.look_up(mei, eve.mobile, "Peter Schmidt")
    with pytest.raises(ScheduleInvalid):
        begin(bank, mei, Planned(bank.asked(check, 1_00), ONCE, TODAY + timedelta(days=1)))
    with pytest.raises(UnusualTooHigh):
        begin(bank, mei, planned(bank, mei, eve, amount=10_000_01))


def test_a_receive_code_which_is_good_for_minutes_is_refused(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    code = bank.run(bank.services.receive_codes.show(eve.number, MinorUnits(0), CNY.number))
    check = bank.look_up(mei, code.id, "", way="code")
    with pytest.raises(ScheduleInvalid) as refused:
        begin(bank, mei, Planned(bank.asked(check, 1_00), ONCE, TOMORROW))
    assert refused.value.field == "check"


def test_so_many_go_on_and_not_more(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    set_up(bank, mei, planned(bank, mei, eve))
    with bank.db.write() as connection:
        columns = [row[1] for row in connection.exec_driver_sql("PRAGMA table_info(schedules)").all()]
        kept = ", ".join(f"'x{{place}}' || {one}" if one in ("id", "challenge") else one for one in columns)
        for place in range(MOST - 1):
            sql = f"INSERT INTO schedules SELECT {kept.format(place=place)} FROM schedules LIMIT 1"
            connection.exec_driver_sql(sql)
    with pytest.raises(SchedulesUsedUp):
        set_up(bank, mei, planned(bank, mei, eve, number="S2"))


def test_supporters_see_schedules_with_the_payee_masked(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    schedule = set_up(bank, mei, planned(bank, mei, eve, note="Words between them"))
    (line,) = bank.do(SchedulesOf(bank.services).read, mei.number)
    assert (line.schedule.id, line.amount.minor, line.payee) == (schedule.id, 30_00, "**雨")
