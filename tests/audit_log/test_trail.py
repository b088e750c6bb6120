"""The audit log: in order, one chain however many append at once, and nothing secret in it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from feiqian.audit_log.entry import FORBIDDEN, GENESIS, Head
from feiqian.audit_log.errors import EntryRefused
from feiqian.audit_log.log import AuditLog
from feiqian.db import BankDb
from feiqian.runtime.paging import Ask
from feiqian.subjects import customer, staff

NOW = 1_800_000_000_000_000
ALICE, BOB, MEI, JUN = staff(1), staff(2), customer(17), customer(18)


def test_entries_are_told_as_they_were_written(db: BankDb, record: Callable[..., int]) -> None:
    audit_log = AuditLog()
    assert record(db, ALICE, "customer_searched", "search", {"kind": "mobile", "found": [17], "none": None}, NOW) == 1
    assert record(db, BOB, "customer_frozen", str(MEI), {"why": "lost it"}, NOW + 1) == 2
    with db.read() as connection:
        newest, first = audit_log.newest(connection)
    assert (newest.position, newest.at, newest.actor, newest.action) == (2, NOW + 1, BOB, "customer_frozen")
    assert (first.about, first.details) == ("search", {"kind": "mobile", "found": [17], "none": None})


def test_who_was_looked_at_is_found(db: BankDb, record: Callable[..., int]) -> None:
    audit_log = AuditLog()
    for n, (actor, about) in enumerate([(ALICE, MEI), (BOB, JUN), (ALICE, JUN), (BOB, MEI)]):
        record(db, actor, "customer_opened", str(about), {}, NOW + n)
    with db.read() as connection:
        assert [entry.position for entry in audit_log.of(connection, str(JUN))] == [3, 2]
        assert [entry.position for entry in audit_log.page(connection, Ask(before="4"), 2).items] == [3, 2]


def test_an_entry_stands_or_falls_with_what_it_tells_of(db: BankDb) -> None:
    audit_log = AuditLog()

    def act() -> None:
        with db.write() as connection:
            audit_log.append(connection, ALICE, "customer_frozen", str(MEI), {}, NOW)
            raise RuntimeError("the act failed")

    with pytest.raises(RuntimeError):
        act()
    with db.read() as connection:
        assert audit_log.head(connection) == Head(0, GENESIS)
        assert audit_log.verify(connection) is None


def test_appends_at_once_make_one_chain(db: BankDb, record: Callable[..., int]) -> None:
    audit_log, threads, each = AuditLog(), 8, 25
    begin = threading.Barrier(threads)

    def append(number: int) -> None:
        begin.wait()
        for n in range(each):
            record(db, staff(number), "customer_opened", str(customer(n)), {}, NOW)

    running = [threading.Thread(target=append, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    with db.read() as connection:
        assert audit_log.verify(connection) is None
        assert audit_log.head(connection).position == threads * each


def test_two_trails_of_one_database_are_one_chain(db: BankDb, record: Callable[..., int]) -> None:
    record(db, ALICE, "signed_in", str(ALICE), {}, NOW)
    record(db, BOB, "signed_in", str(BOB), {}, NOW)
    with db.read() as connection:
        assert AuditLog().verify(connection) is None


@pytest.mark.parametrize("name", [*FORBIDDEN, "Password"])
def test_abuse_62_a_detail_named_like_a_secret_is_refused_and_not_told(
    sqlite: BankDb, name: str, record: Callable[..., int]
) -> None:
    with pytest.raises(EntryRefused) as refused:
        record(sqlite, ALICE, "customer_opened", str(MEI), {name: "canary-4711"}, NOW)
    assert "canary" not in str(refused.value)
    with sqlite.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM trail_entries")).scalar_one() == 0


@pytest.mark.parametrize(
    "details", [{"n": 1.5}, {"n": b"raw"}, {"n": {"deep": 1}}, {"n": ["a", 1.0]}, {"n": "x" * 5000}]
)
def test_a_detail_is_text_or_a_whole_number_and_short(
    sqlite: BankDb, details: dict[str, object], record: Callable[..., int]
) -> None:
    with pytest.raises(EntryRefused):
        record(sqlite, ALICE, "customer_opened", str(MEI), details, NOW)


@pytest.mark.parametrize(("action", "about"), [("", "x"), ("x" * 41, "x"), ("x", ""), ("x", "x" * 65)])
def test_an_entry_says_what_and_about_whom_in_few_letters(
    sqlite: BankDb, action: str, about: str, record: Callable[..., int]
) -> None:
    with pytest.raises(EntryRefused):
        record(sqlite, ALICE, action, about, {}, NOW)
