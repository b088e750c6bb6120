"""Numbers that telephone companies have given to somebody else: reported one by one, or imported from a file."""

from __future__ import annotations

from typing import Any

import pytest
from people import EVE, EVE_DETAILS, MEI, People
from sqlalchemy import event, func, select

from feiqian.auth import reassigned_import
from feiqian.auth.errors import DetailsInvalid
from feiqian.auth.reassigned import read_report
from feiqian.auth.reassigned_import import COLUMNS, WrongLine, keep, read
from feiqian.auth.tables import reassigned
from feiqian.backoffice.model import OPERATOR
from feiqian.clock import DAY, MICROSECONDS
from feiqian.ids import CustomerNumber
from feiqian.runtime.csv_file import FileInvalid
from feiqian.subjects import customer

UNKNOWN = "+8613700007777"
OTHER = "+8613700008888"


def day_of(people: People) -> int:
    return people.clock.day(people.clock.now() // MICROSECONDS)


def iso(day: int) -> str:
    return f"{day // 10_000}-{day // 100 % 100:02d}-{day % 100:02d}"


def mobile_of(people: People, number: CustomerNumber) -> str:
    return str(people.do(people.customers.profiles.need, number).mobile)


def report(people: People, mobile: str, day: int) -> None:
    people.run(people.services.reassigned_numbers.report(mobile, day, OPERATOR))


@pytest.fixture
def mei(bank: People) -> CustomerNumber:
    """Who registered two days ago."""
    number = bank.register().session.subject.customer
    bank.clock.advance(2 * DAY // MICROSECONDS)
    return number


def file_of(*lines: str) -> list[str]:
    return [f"{line}\n" for line in (",".join(COLUMNS), *lines)]


def imported(people: People, *lines: str) -> list[WrongLine]:
    found, wrong = read(file_of(*lines), people.customers.profiles, people.clock)
    if not wrong:
        assert list(keep(people.services.transactions, found))[-1:] == [len(found)]
    return wrong


def waiting(people: People) -> int:
    with people.db.read() as connection:
        return int(connection.execute(select(func.count()).select_from(reassigned)).scalar_one())


def take_in(people: People) -> None:
    while people.run(people.services.reassigned_numbers.take_some()):
        pass


# --- one -------------------------------------------------------------------------------------------------------------


def test_a_customers_number_is_taken_off_the_file_and_the_sessions_end(bank: People, mei: CustomerNumber) -> None:
    opened, before = bank.enter(), len(bank.arrived())
    report(bank, MEI, day_of(bank))
    assert mobile_of(bank, mei) == ""
    assert bank.run(bank.services.sessions.find(opened.token)) is None
    assert all(message.address != MEI for message in bank.arrived()[before:]), "the new holder hears nothing of it"
    with bank.db.read() as connection:
        entry = bank.services.audit_log.of(connection, str(customer(mei)))[0]
    assert (entry.actor, entry.action) == (OPERATOR, "number_reassigned")


def test_a_report_that_comes_late_or_again_takes_the_number_from_no_new_holder(
    bank: People, mei: CustomerNumber
) -> None:
    given = day_of(bank)
    report(bank, MEI, given)
    eve = bank.register(MEI, EVE_DETAILS).session.subject.customer
    report(bank, MEI, given)
    assert mobile_of(bank, eve) == MEI, "registered on that day or later"
    bank.clock.advance(DAY // MICROSECONDS)
    report(bank, MEI, given)
    assert mobile_of(bank, eve) == MEI
    report(bank, MEI, day_of(bank))
    assert mobile_of(bank, eve) == "", "given away once more"


def test_a_number_that_was_put_on_file_on_that_day_or_later_stays(bank: People, mei: CustomerNumber) -> None:
    bank.do(bank.customers.profiles.put_mobile, mei, OTHER, bank.clock.now())
    report(bank, OTHER, day_of(bank))
    assert mobile_of(bank, mei) == OTHER
    bank.clock.advance(DAY // MICROSECONDS)
    report(bank, OTHER, day_of(bank))
    assert mobile_of(bank, mei) == ""


@pytest.mark.parametrize(
    ("mobile", "day", "field"),
    [
        ("12345", "2026-01-01", "mobile"),
        ("+861062345678", "2026-01-01", "mobile"),
        (UNKNOWN, "yesterday", "reassigned_on"),
        (UNKNOWN, "2026-02-30", "reassigned_on"),
        (UNKNOWN, "2999-01-01", "reassigned_on"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused(bank: People, mobile: str, day: str, field: str) -> None:
    with pytest.raises(DetailsInvalid) as refused:
        read_report(mobile, day, bank.clock)
    assert refused.value.field == field


def test_abuse_43_a_report_is_kept_and_answered_alike_for_known_and_unknown(bank: People, mei: CustomerNumber) -> None:
    """Known, but not to be marked, and unknown take the same first statements and leave the same entry."""

    def asked(mobile: str) -> list[str]:
        statements: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            statements.append(statement)

        event.listen(bank.db.engine, "before_cursor_execute", note)
        report(bank, mobile, day_of(bank))
        event.remove(bank.db.engine, "before_cursor_execute", note)
        return statements

    unknown, known = asked(UNKNOWN), asked(MEI)
    assert known[: len(unknown)] == unknown
    with bank.db.read() as connection:
        entries = bank.services.audit_log.of(connection, "customers")
    told = [entry for entry in entries if entry.action == "number_reported"]
    assert [sorted(entry.details) for entry in told] == [["day", "mobile"]] * 2
    assert MEI not in str(told)


# --- many ------------------------------------------------------------------------------------------------------------


def test_a_file_is_taken_in_whole_and_again_without_any_effect(bank: People, mei: CustomerNumber) -> None:
    eve = bank.register(EVE, EVE_DETAILS).session.subject.customer
    bank.clock.advance(DAY // MICROSECONDS)
    day = iso(day_of(bank))
    lines = [f"+86137{n:08d},{day}" for n in range(40)] + [f"{MEI},{day}", f"{UNKNOWN},{day}", f"{EVE},{day}"]
    assert imported(bank, *lines) == []
    assert mobile_of(bank, mei) == MEI, "the server takes it in"
    take_in(bank)
    assert (mobile_of(bank, mei), mobile_of(bank, eve), waiting(bank)) == ("", "", 0)
    bank.do(bank.customers.profiles.put_mobile, mei, EVE, bank.clock.now())  # which the telephone company gave her
    assert imported(bank, *lines) == []
    take_in(bank)
    assert mobile_of(bank, mei) == EVE


def test_a_file_with_wrong_lines_does_nothing_and_each_is_named(bank: People, mei: CustomerNumber) -> None:
    day = iso(day_of(bank))
    wrong = imported(
        bank, f"{MEI},{day}", "12345,2026-01-01", f"{UNKNOWN},2026-13-01", f"{OTHER},2999-01-01", "x", f"{MEI},{day}"
    )
    assert wrong == [
        WrongLine(2, "mobile: twice"),
        WrongLine(3, "mobile: invalid"),
        WrongLine(4, "reassigned_on: invalid"),
        WrongLine(5, "reassigned_on: in_the_future"),
        WrongLine(6, "columns"),
        WrongLine(7, "mobile: twice"),
    ]
    assert {one.reason for one in wrong} == set(reassigned_import.REASONS)
    assert waiting(bank) == 0
    with pytest.raises(FileInvalid):
        read(["number\n"], bank.customers.profiles, bank.clock)


def test_an_import_that_was_interrupted_is_started_again(bank: People, mei: CustomerNumber) -> None:
    day = iso(day_of(bank))
    lines, wrong = read(
        file_of(*(f"+86137{n:08d},{day}" for n in range(reassigned_import.BATCH)), f"{MEI},{day}"),
        bank.customers.profiles,
        bank.clock,
    )
    assert wrong == []
    next(keep(bank.services.transactions, lines))  # and no more of it
    take_in(bank)
    assert mobile_of(bank, mei) == MEI
    for _ in keep(bank.services.transactions, lines):
        pass
    take_in(bank)
    assert (mobile_of(bank, mei), waiting(bank)) == ("", 0)


def test_no_number_is_kept_in_the_clear(bank: People, mei: CustomerNumber) -> None:
    assert imported(bank, f"{UNKNOWN},{iso(day_of(bank))}") == []
    with bank.db.read() as connection:
        kept = str(connection.execute(select(reassigned)).all())
    assert UNKNOWN.removeprefix("+") not in kept
