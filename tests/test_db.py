"""The feature database of an older version is brought to today's, once and whole; that of a later one is refused."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, inspect, select, text

from feiqian.auth.challenges import attempts, sweeps
from feiqian.auth.challenges.model import Lock
from feiqian.auth.tables import doors
from feiqian.customers.registry import Customers
from feiqian.db import (
    METADATA,
    SCHEMA_VERSION,
    BankDb,
    DatabaseMoved,
    DatabaseTooNew,
    DatabaseUnavailable,
    set_up_sqlite,
)
from feiqian.policy.load import load_policy
from feiqian.runtime.work import TooBusy
from feiqian.subjects import customer

VERSION_1 = (
    "CREATE TABLE bank_schema (version INTEGER NOT NULL PRIMARY KEY)",
    "INSERT INTO bank_schema VALUES (1)",
    "CREATE TABLE customers (number BIGINT NOT NULL PRIMARY KEY, id VARCHAR(36) NOT NULL UNIQUE,"
    " name VARCHAR(100) NOT NULL, created_at BIGINT NOT NULL)",
    "INSERT INTO customers VALUES (1, 'cus_1', 'Li Na', 7), (2, 'cus_2', 'Ann', 8)",
)
# Of commit a30ad07, what of it has to do with customers. A number is missing: somebody was removed by hand.
VERSION_2 = (
    "CREATE TABLE bank_schema (version INTEGER NOT NULL PRIMARY KEY)",
    "INSERT INTO bank_schema VALUES (2)",
    "CREATE TABLE customers (number BIGINT NOT NULL PRIMARY KEY, id VARCHAR(36) NOT NULL UNIQUE,"
    " name VARCHAR(100) NOT NULL, created_at BIGINT NOT NULL, level SMALLINT NOT NULL)",
    "INSERT INTO customers VALUES (1, 'cus_1', 'Li Na', 7, 2), (2, 'cus_2', 'Ann', 8, 1), (4, 'cus_4', 'Eve', 9, 0)",
)


def old(folder: Path, url: str, statements: tuple[str, ...] = VERSION_1) -> None:
    """Writes a database of version 1."""
    new = BankDb(folder, url)
    with new.write() as connection:
        METADATA.drop_all(connection)
        for statement in statements:
            connection.execute(text(statement))
    new.close()


def version(db: BankDb) -> int:
    with db.read() as connection:
        return int(connection.execute(text("SELECT version FROM bank_schema")).scalar_one())


def test_customers_of_version_1_could_all_pay_and_still_can(tmp_path: Path, url: str) -> None:
    old(tmp_path, url)
    for _ in range(2):
        db = BankDb(tmp_path, url)
        assert version(db) == SCHEMA_VERSION
        customers = Customers(db)
        assert [customers.standing(number) for number in (0, 1, 2, 3)] == [0, 2, 2, 0]
        with db.read() as connection:
            first = customers.by_number(connection, 1)
        assert first is not None
        assert (first.name, first.level) == ("Li Na", 2)
        db.close()
    db = BankDb(tmp_path, url)
    assert list(Customers(db).add(["New"], 9)) == [3]
    assert Customers(db).standing(3) == 0
    db.close()


def test_every_customer_of_version_2_gets_an_issuing_device(tmp_path: Path, url: str) -> None:
    old(tmp_path, url, VERSION_2)
    for _ in range(2):
        db = BankDb(tmp_path, url)
        issuing = Customers(db).issuing
        devices = [issuing.device_of(number) for number in range(6)]
        assert devices == [0, 1, 2, 0, 3, 0]
        assert [issuing.customer_of(device) for device in range(5)] == [0, 1, 2, 4, 0]
        db.close()
    db = BankDb(tmp_path, url)
    (new,) = Customers(db).add(["New"], 9)
    assert Customers(db).issuing.device_of(new) == 4
    db.close()


def test_a_bank_that_went_back_to_version_2_and_comes_again_keeps_its_devices(tmp_path: Path, url: str) -> None:
    old(tmp_path, url, VERSION_2)
    BankDb(tmp_path, url).close()
    db = BankDb(tmp_path, url)
    with db.write() as connection:  # as docs/OPERATIONS.md says it; then somebody joins at the older version
        connection.execute(text("UPDATE bank_schema SET version = 2"))
        connection.execute(text("INSERT INTO customers VALUES (5, 'cus_5', 'Joined', 10, 0)"))
    db.close()
    db = BankDb(tmp_path, url)
    assert version(db) == SCHEMA_VERSION
    issuing = Customers(db).issuing
    assert [issuing.device_of(number) for number in (1, 2, 4, 5)] == [1, 2, 3, 4]
    db.close()


def test_who_opens_an_old_database_first_need_not_know_its_tables(tmp_path: Path, url: str) -> None:
    """Such as `feiqian keys list`, which has only to do with merchants."""
    old(tmp_path, url, VERSION_2)
    program = (
        "import sys; from pathlib import Path; from feiqian.db import BankDb; BankDb(Path(sys.argv[1]), sys.argv[2])"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path), url], check=True, timeout=60)
    db = BankDb(tmp_path, url)
    assert version(db) == SCHEMA_VERSION
    assert [Customers(db).issuing.device_of(number) for number in (1, 2, 4)] == [1, 2, 3]
    columns = {(column["name"], column["nullable"]) for column in inspect(db.engine).get_columns("issuing_devices")}
    declared = METADATA.tables["issuing_devices"]
    assert columns == {(column.name, column.nullable) for column in declared.columns}
    assert [index["name"] for index in inspect(db.engine).get_indexes("issuing_devices")] == [
        index.name for index in declared.indexes
    ]
    db.close()


BEGUN_IN_VERSION_2 = (
    "CREATE TABLE bank_schema (version INTEGER NOT NULL PRIMARY KEY)",
    "INSERT INTO bank_schema VALUES (2)",
    "CREATE TABLE verification_tries (role VARCHAR(10) NOT NULL, number BIGINT NOT NULL, count INTEGER NOT NULL,"
    " locks INTEGER NOT NULL, locked_until BIGINT NOT NULL, PRIMARY KEY (role, number))",
    "INSERT INTO verification_tries VALUES ('nobody', 7, 5, 1, 9), ('customer', 1, 5, 1, 9000000)",
    "CREATE TABLE customers_doors (challenge VARCHAR(36) NOT NULL PRIMARY KEY, kind VARCHAR(10) NOT NULL,"
    " role VARCHAR(10) NOT NULL, number BIGINT NOT NULL, counted_role VARCHAR(10) NOT NULL,"
    " counted_number BIGINT NOT NULL, long_codes VARCHAR(20) NOT NULL, language VARCHAR(8) NOT NULL,"
    " created_at BIGINT NOT NULL)",
    "INSERT INTO customers_doors VALUES ('chl_1', 'sign_in', 'customer', 1, '', 0, '', 'en', 9)",
)


def test_a_migration_that_fails_leaves_everything_as_it_was(tmp_path: Path, url: str) -> None:
    """A view of the bank's own stands in the way of the last revision, when all the others were run."""
    view = "CREATE VIEW own AS SELECT counted_role FROM customers_doors"
    old(tmp_path, url, (*VERSION_1, BEGUN_IN_VERSION_2[4], view))
    with pytest.raises(DatabaseUnavailable, match="counted_role"):
        BankDb(tmp_path, url)
    path = url.replace("postgresql:", "postgresql+psycopg:") or f"sqlite:///{tmp_path / 'bank.db'}"
    engine = create_engine(path)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT version FROM bank_schema")).scalar_one() == 1
        assert not inspect(connection).has_table("alembic_version")
        assert "level" not in {column["name"] for column in inspect(connection).get_columns("customers")}
        connection.execute(text("DROP VIEW own"))
    engine.dispose()
    db = BankDb(tmp_path, url)
    assert version(db) == SCHEMA_VERSION
    assert Customers(db).standing(1) == 2
    db.close()


def test_what_strangers_began_in_version_2_is_kept_and_swept(tmp_path: Path, url: str) -> None:
    old(tmp_path, url, BEGUN_IN_VERSION_2)
    db = BankDb(tmp_path, url)
    columns = {column["name"] for column in inspect(db.engine).get_columns("customers_doors")}
    assert columns == {column.name for column in doors.columns}
    with db.write() as connection:
        assert connection.execute(text("SELECT challenge FROM customers_doors")).scalar_one() == "chl_1"
        assert sweeps.attempts(connection, sweeps.ATTEMPTS_KEPT + 10, 10) == 1
        assert connection.execute(text("SELECT role FROM verification_attempts")).scalar_one() == "customer"
    db.close()


def test_a_table_that_was_not_there_needs_no_migration(tmp_path: Path, url: str) -> None:
    old(tmp_path, url, VERSION_1[:2])
    db = BankDb(tmp_path, url)
    assert "level" in {column["name"] for column in inspect(db.engine).get_columns("customers")}
    assert version(db) == SCHEMA_VERSION
    db.close()


def test_a_later_version_is_refused(tmp_path: Path, url: str) -> None:
    old(tmp_path, url, (VERSION_1[0], f"INSERT INTO bank_schema VALUES ({SCHEMA_VERSION + 1})"))
    with pytest.raises(DatabaseTooNew):
        BankDb(tmp_path, url)


@pytest.mark.parametrize("again", ["renamed", "exchanged"])
def test_a_bank_database_that_is_moved_takes_no_writes(tmp_path: Path, again: str) -> None:
    """What is written into the moved file would be gone at the next start."""
    bank = BankDb(tmp_path)
    customers = Customers(bank)
    customers.add(["Li Na"], 7)
    (tmp_path / "bank.db").rename(tmp_path / "moved.db")
    if again == "exchanged":
        (tmp_path / "bank.db").write_bytes((tmp_path / "moved.db").read_bytes())
    with pytest.raises(DatabaseMoved, match=r"bank\.db was moved, deleted or replaced"):
        customers.add(["Ann"], 8)
    (tmp_path / "moved.db").rename(tmp_path / "bank.db")
    customers.add(["Ann"], 8)
    bank.close()


def test_a_bank_database_that_is_moved_during_a_write_is_not_acknowledged(tmp_path: Path) -> None:
    bank = BankDb(tmp_path)
    with pytest.raises(DatabaseMoved), bank.write():
        (tmp_path / "bank.db").rename(tmp_path / "moved.db")


def test_a_bank_database_is_the_same_after_all_its_connections_were_closed(tmp_path: Path) -> None:
    """SQLite then deletes the log and the index beside it, and makes new ones."""
    bank = BankDb(tmp_path)
    for number in range(3):
        Customers(bank).add([f"customer {number}"], 7)
        bank.close()


def test_a_write_whose_turn_does_not_come_was_not_begun_and_says_so(tmp_path: Path) -> None:
    db = BankDb(tmp_path)
    event.listen(db.engine, "checkout", lambda connection, *_: connection.execute("PRAGMA busy_timeout=0").close())
    with db.write(), pytest.raises(TooBusy), db.write():
        raise AssertionError("two wrote at once")
    with db.write() as connection:
        connection.execute(select(1))
    db.close()


def test_a_new_bank_database_is_opened_when_another_has_begun_to_write_it(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "bank.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    met = []

    class Meeting(sqlite3.Connection):
        """The other goes on as soon as it was met."""

        def execute(self, *statement: Any) -> sqlite3.Cursor:
            try:
                return super().execute(*statement)
            except sqlite3.OperationalError:
                met.append(statement)
                other.execute("COMMIT")
                raise

    opened = sqlite3.connect(tmp_path / "bank.db", factory=Meeting)
    set_up_sqlite(opened, None)
    assert met == [("PRAGMA journal_mode=WAL",)]
    assert opened.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    opened.close()
    other.close()


@pytest.mark.parametrize("damage", [b"no database", bytes(8192)])
def test_a_damaged_bank_database_is_told_in_words(tmp_path: Path, damage: bytes) -> None:
    BankDb(tmp_path).close()
    (tmp_path / "bank.db").write_bytes(damage)
    with pytest.raises(DatabaseUnavailable, match=r"bank\.db cannot be used: .* restore it from a backup"):
        BankDb(tmp_path)


def test_a_lock_of_version_2_becomes_one_of_unknown_devices(tmp_path: Path, url: str) -> None:
    tries = "role VARCHAR(10), number BIGINT, count INTEGER, locks INTEGER, locked_until BIGINT"
    challenges = "id VARCHAR(36) PRIMARY KEY, purpose VARCHAR(20)"
    version_2 = (
        "CREATE TABLE bank_schema (version INTEGER PRIMARY KEY)",
        "INSERT INTO bank_schema VALUES (2)",
        f"CREATE TABLE verification_tries ({tries})",
        "INSERT INTO verification_tries VALUES ('customer', 1, 5, 2, 9000000), ('customer', 2, 3, 0, 0)",
        f"CREATE TABLE verification_challenges ({challenges})",
        "INSERT INTO verification_challenges VALUES ('chl_1', 'sign_in')",
        "CREATE TABLE notify_codes (id VARCHAR(36) PRIMARY KEY)",
        "INSERT INTO notify_codes VALUES ('msg_1')",
        "CREATE TABLE verification_sends (id VARCHAR(36) PRIMARY KEY)",
        "INSERT INTO verification_sends VALUES ('msg_1')",
    )
    old(tmp_path, url, version_2)
    for _ in range(2):
        db = BankDb(tmp_path, url)
        with db.read() as connection:
            held = attempts.any_lock(connection, load_policy("cn").tries, customer(1), 8_999_999)
            assert held == Lock(customer(1), 9_000_000, 2, attempts.UNKNOWN)
            assert attempts.any_lock(connection, load_policy("cn").tries, customer(2), 1) is None
            assert connection.execute(text("SELECT place FROM verification_challenges")).scalar_one() == ""
            for table in ("notify_codes", "verification_sends"):
                assert connection.execute(text(f"SELECT audience FROM {table}")).scalar_one() == "customer"
        assert not inspect(db.engine).has_table("verification_tries")
        db.close()
