"""Levels and roles that were edited in the database are found: they are compared with what the audit log says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feiqian.audit_log.log import AuditLog
from feiqian.backoffice import accounts_audit
from feiqian.backoffice.members import Members
from feiqian.backoffice.model import OPERATOR
from feiqian.cli import main
from feiqian.customers import levels
from feiqian.customers.registry import Customers
from feiqian.db import BankDb
from feiqian.subjects import staff
from feiqian.testing.clock import ManualClock

NOW = ManualClock().now()


@pytest.fixture
def db(sqlite: BankDb) -> BankDb:
    """Commands find it in its folder."""
    return sqlite


def found(db: BankDb) -> list[str]:
    audit_log = AuditLog()
    with db.snapshot() as connection:
        return [
            *levels.differences(audit_log, connection),
            *accounts_audit.differences(audit_log, connection, Members(audit_log)),
        ]


def start(db: BankDb) -> None:
    """What a server does first."""
    with db.write() as connection:
        levels.record_baseline(AuditLog(), connection, NOW)
        accounts_audit.record_baseline(AuditLog(), connection, Members(AuditLog()), NOW)


def edit(db: BankDb, statement: str) -> None:
    with db.write() as connection:
        connection.exec_driver_sql(statement)


def test_levels_and_roles_that_were_edited_are_named(db: BankDb) -> None:
    start(db)
    Customers(db).add([f"Customer {n}" for n in range(1, 8)], NOW, 2)
    Customers(db).add(["Newcomer"], NOW)
    with db.write() as connection:
        Members(AuditLog()).add(connection, "alice", "Alice", ["supporter"], OPERATOR, NOW)
    assert found(db) == []
    edit(db, "UPDATE customers SET level = 2 WHERE number = 8")
    edit(db, "UPDATE customers SET level = 1 WHERE number = 3")
    edit(db, "UPDATE staff_members SET roles = 'admin,approver', state = 'active'")
    assert found(db) == [
        "customer 3 has the level 1; the audit log says 2",
        "customer 8 has the level 2; the audit log says 0",
        "the account staff:1 has the roles admin, approver; the audit log says supporter",
        "the account staff:1 is active; the audit log says invited",
    ]


def test_rows_that_were_put_in_or_taken_out_are_named(db: BankDb) -> None:
    start(db)
    with db.write() as connection:
        for login in ("alice", "bob"):
            Members(AuditLog()).add(connection, login, login, ["supporter"], OPERATOR, NOW)
    edit(db, "DELETE FROM staff_members WHERE number = 1")
    edit(
        db,
        "INSERT INTO staff_members SELECT 7, 'stf_7', 'eve', name, 'admin', 'active', created_at, NULL, 0 "
        "FROM staff_members WHERE number = 2",
    )
    edit(db, "INSERT INTO customers VALUES (1, 'cus_1', 'Mallory', 0, 2)")
    assert found(db) == [
        "customer 1 has the level 2; the audit log says 0",
        "the account staff:1 is gone",
        "the account staff:7 was added without the audit log",
    ]


def test_accounts_of_an_older_demo_were_at_work_at_once(db: BankDb) -> None:
    """As versions until November 2026 added them; the mark that they have in the table says nothing any more."""
    start(db)
    with db.write() as connection:
        member = Members(AuditLog()).add(connection, "alice", "Alice", ["approver"], OPERATOR, NOW).account
        older = {"login": "bob", "demo": True, "roles": ("approver",)}
        AuditLog().append(connection, OPERATOR, "staff_added", str(staff(member.number + 1)), older, NOW)
    edit(
        db,
        "INSERT INTO staff_members SELECT 2, 'stf_2', 'bob', 'Bob', roles, 'active', 1, NULL, 1 FROM staff_members",
    )
    assert found(db) == []
    edit(db, "UPDATE staff_members SET state = 'active'")
    assert found(db) == ["the account staff:1 is active; the audit log says invited"]


def test_a_baseline_of_a_version_that_said_more_is_compared(db: BankDb) -> None:
    audit_log = AuditLog()
    with db.write() as connection:
        member = Members(audit_log).add(connection, "alice", "Alice", ["approver"], OPERATOR, NOW).account
        was = {"roles": ("approver",), "state": "invited", "demo": False}
        audit_log.append(connection, OPERATOR, accounts_audit.BASELINE, str(member.subject), was, NOW)
        audit_log.append(connection, OPERATOR, accounts_audit.DONE, accounts_audit.ABOUT, {}, NOW)
    assert found(db) == []
    edit(db, "UPDATE staff_members SET roles = 'admin'")
    assert found(db) == ["the account staff:1 has the roles admin; the audit log says approver"]


def test_a_bank_that_is_older_begins_with_what_it_has(db: BankDb) -> None:
    Customers(db).add([f"Customer {n}" for n in range(1_001)], NOW)
    edit(db, "UPDATE customers SET level = number % 3")  # as an older version has left them
    with db.write() as connection:
        Members(AuditLog()).add(connection, "alice", "Alice", ["supporter"], OPERATOR, NOW)
    edit(db, "UPDATE staff_members SET roles = 'auditor', state = 'active'")
    edit(db, "DELETE FROM trail_entries")
    edit(db, "DELETE FROM trail_head")
    assert found(db) == []  # nothing is said of what is not covered
    start(db)
    start(db)  # once in a bank's life
    with db.read() as connection:
        assert AuditLog().verify(connection) is None
        baseline = list(AuditLog().each(connection, [levels.BASELINE]))
    assert len(baseline) == baseline[0].details["parts"] > 1
    assert found(db) == []
    edit(db, "UPDATE customers SET level = 2 WHERE number = 1000")
    edit(db, "UPDATE staff_members SET roles = 'admin'")
    assert found(db) == [
        "customer 1000 has the level 2; the audit log says 1",
        "the account staff:1 has the roles admin; the audit log says auditor",
    ]


def test_a_seed_is_one_entry_for_many_customers(db: BankDb) -> None:
    start(db)
    Customers(db).add(["Somebody"] * 5_000, NOW, 2)
    with db.read() as connection:
        (entry,) = AuditLog().each(connection, [levels.ADDED])
    assert entry.details["runs"] == [1, 5_000, 2]
    assert found(db) == []


def test_the_audit_of_a_bank_finds_an_edited_level(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", str(tmp_path / "bank"))
    assert main([*data, "seed", "--customers", "30", "--merchants", "1"]) == 0
    capsys.readouterr()
    assert main([*data, "audit", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"] == []
    db = BankDb(tmp_path / "bank")
    edit(db, "UPDATE customers SET level = 0 WHERE number = 17")
    db.close()
    assert main([*data, "audit", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"] == ["customer 17 has the level 0; the audit log says 2"]
