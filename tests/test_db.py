"""The feature database of an older version is brought to today's, once and whole; that of a later one is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from feiqian import db as database
from feiqian.customers.registry import Customers
from feiqian.db import METADATA, SCHEMA_VERSION, BankDb, DatabaseTooNew
from feiqian.testing.postgres import Postgres
from feiqian.verification import sweeps

VERSION_1 = (
    "CREATE TABLE bank_schema (version INTEGER NOT NULL PRIMARY KEY)",
    "INSERT INTO bank_schema VALUES (1)",
    "CREATE TABLE customers (number BIGINT NOT NULL PRIMARY KEY, id VARCHAR(36) NOT NULL UNIQUE,"
    " name VARCHAR(100) NOT NULL, created_at BIGINT NOT NULL)",
    "INSERT INTO customers VALUES (1, 'cus_1', 'Li Na', 7), (2, 'cus_2', 'Ann', 8)",
)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("postgres").database() if request.param == "postgres" else ""


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
        first = customers.by_number(1)
        assert first is not None
        assert (first.name, first.level) == ("Li Na", 2)
        db.close()
    db = BankDb(tmp_path, url)
    assert list(Customers(db).add(["New"], 9)) == [3]
    assert Customers(db).standing(3) == 0
    db.close()


def test_a_migration_that_fails_leaves_everything_as_it_was(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old(tmp_path, url)
    broken = database.Migration(2, {"customers": (*database.MIGRATIONS[0].statements["customers"], "NO SUCH THING")})
    monkeypatch.setattr(database, "MIGRATIONS", (broken,))
    with pytest.raises(Exception, match="NO"):
        BankDb(tmp_path, url)
    monkeypatch.undo()
    db = BankDb(tmp_path, url)
    assert version(db) == SCHEMA_VERSION
    assert Customers(db).standing(1) == 2
    db.close()


VERSION_2 = (
    "CREATE TABLE bank_schema (version INTEGER NOT NULL PRIMARY KEY)",
    "INSERT INTO bank_schema VALUES (2)",
    "CREATE TABLE verification_tries (role VARCHAR(10) NOT NULL, number BIGINT NOT NULL, count INTEGER NOT NULL,"
    " locks INTEGER NOT NULL, locked_until BIGINT NOT NULL, PRIMARY KEY (role, number))",
    "INSERT INTO verification_tries VALUES ('nobody', 7, 4, 0, 0), ('customer', 1, 3, 0, 0)",
    "CREATE TABLE customers_doors (challenge VARCHAR(36) NOT NULL PRIMARY KEY, kind VARCHAR(10) NOT NULL,"
    " role VARCHAR(10) NOT NULL, number BIGINT NOT NULL, counted_role VARCHAR(10) NOT NULL,"
    " counted_number BIGINT NOT NULL, long_codes VARCHAR(20) NOT NULL, language VARCHAR(8) NOT NULL,"
    " created_at BIGINT NOT NULL)",
    "INSERT INTO customers_doors VALUES ('chl_1', 'sign_in', 'customer', 1, '', 0, '', 'en', 9)",
)


def test_what_strangers_began_in_version_2_is_kept_and_swept(tmp_path: Path, url: str) -> None:
    old(tmp_path, url, VERSION_2)
    db = BankDb(tmp_path, url)
    columns = {column["name"] for column in inspect(db.engine).get_columns("customers_doors")}
    assert columns == {column.name for column in METADATA.tables["customers_doors"].columns}
    with db.write() as connection:
        assert connection.execute(text("SELECT challenge FROM customers_doors")).scalar_one() == "chl_1"
        assert sweeps.tries(connection, sweeps.TRIES_KEPT + 1, 10) == 1
        assert connection.execute(text("SELECT count FROM verification_tries")).scalar_one() == 3  # a customer's own
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
