"""Every version of the bank's database that was ever written is opened, keeps its rows, and has today's schema then."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Barrier
from typing import Any

import dumps
import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect, text

from feiqian import app, migrations
from feiqian.db import SCHEMA_VERSION, BankDb, DatabaseTooNew
from feiqian.ids import INTENT, KEY, is_id
from feiqian.merchants.scopes import ALL, Scope
from feiqian.testing.postgres import Postgres

VERSIONS = range(1, SCHEMA_VERSION + 1)
HEAD = f"{SCHEMA_VERSION:04}"
NEW: dict[str, dict[str, Any]] = {}  # the schema of a new database, by dialect, once it was looked at
Rows = dict[str, list[dict[str, Any]]]
OPENERS = 4
MOVED = {"verification_tries", "customers_level_changes", "notify_outbox"}  # whose rows are in another table since
assert app.build  # whose imports declare every table


def restore(folder: Path, url: str, version: int, *more: str) -> Rows:
    """Writes the database as that version left it, and `more`; returns its rows."""
    with empty(folder, url).begin() as connection:
        for statement in (*dumps.statements(version, connection.dialect.name), *more):
            connection.exec_driver_sql(statement)
        return rows(connection)


def empty(folder: Path, url: str) -> Engine:
    """A database without a table: today's, made only to be dropped, would take longer than the whole dump."""
    folder.mkdir(exist_ok=True)
    at = url.replace("postgresql:", "postgresql+psycopg:", 1) or f"sqlite:///{folder / 'bank.db'}"
    return create_engine(at, poolclass=NullPool)


def raw(folder: Path, url: str) -> AbstractContextManager[Connection]:
    return BankDb(folder, url).write()


def rows(connection: Connection) -> Rows:
    names = set(inspect(connection).get_table_names()) - {"bank_schema", "alembic_version"}
    return {
        name: [dict(row._mapping) for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"')] for name in names
    }


def schema(engine: Engine) -> dict[str, Any]:
    """What there is, but for defaults and the order of columns: a column that was added has both of its own."""
    look = inspect(engine)
    return {
        name: {
            "columns": {c["name"]: (kind(engine, c["type"]), c["nullable"]) for c in look.get_columns(name)},
            "key": look.get_pk_constraint(name)["constrained_columns"],
            "foreign": sorted((k["constrained_columns"], k["referred_table"]) for k in look.get_foreign_keys(name)),
            "unique": sorted(k["column_names"] for k in look.get_unique_constraints(name)),
            "indexes": sorted((i["name"], i["column_names"], i["unique"]) for i in look.get_indexes(name)),
        }
        for name in look.get_table_names()
    }


def kind(engine: Engine, declared: object) -> str:
    """Both are numbers of 64 bits in SQLite."""
    return str(declared).replace("BIGINT", "INTEGER") if engine.dialect.name == "sqlite" else str(declared)


def at(db: BankDb) -> tuple[int, str]:
    with db.read() as connection:
        version = connection.execute(text("SELECT version FROM bank_schema")).scalar_one()
        return version, connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()


def test_the_dumps_are_those_that_the_program_of_each_version_wrote() -> None:
    for line in dumps.DIGESTS.read_text().splitlines():
        digest, _, version, dialect = line.split()
        assert dumps.digest(dumps.statements(int(version), dialect)) == digest, (version, dialect)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_database_of_each_version_keeps_its_rows(tmp_path: Path, url: str, version: int) -> None:
    before = restore(tmp_path, url, version)
    db = BankDb(tmp_path, url)
    with db.read() as connection:
        found = rows(connection)
    for table in before.keys() - MOVED:
        kept = [{name: row[name] for name in row.keys() & before[table][0].keys()} for row in found[table]]
        assert kept == [{name: row[name] for name in row.keys() & found[table][0].keys()} for row in before[table]]
    assert at(db) == (SCHEMA_VERSION, HEAD)
    db.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_an_upgraded_database_has_the_schema_of_a_new_one(
    tmp_path: Path, url: str, postgres: Postgres, version: int
) -> None:
    restore(tmp_path / "old", url, version)
    old = BankDb(tmp_path / "old", url)
    found, dialect = schema(old.engine), old.engine.dialect.name
    if dialect not in NEW:
        new = BankDb(tmp_path / "new", postgres.database() if url else "")
        assert at(new) == (SCHEMA_VERSION, HEAD)
        NEW[dialect] = schema(new.engine)
        new.close()
    assert found.keys() == NEW[dialect].keys()
    for table, parts in NEW[dialect].items():
        assert found[table] == parts, table
    old.close()


def test_the_newest_revision_is_the_version_of_the_schema() -> None:
    revisions = [script.revision for script in migrations.script().walk_revisions()]
    assert revisions == [f"{version:04}" for version in reversed(VERSIONS)]


def test_a_revision_of_a_later_version_is_refused_and_nothing_is_changed(tmp_path: Path, url: str) -> None:
    restore(tmp_path, url, 1)
    BankDb(tmp_path, url).close()
    with raw(tmp_path, url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0099'"))
    with pytest.raises(DatabaseTooNew, match=f"revision 0099; this is Feiqian for {SCHEMA_VERSION}"):
        BankDb(tmp_path, url)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_that_was_set_back_by_hand_is_migrated_again(tmp_path: Path, url: str, version: int) -> None:
    """Versions before alembic know only `bank_schema`."""
    restore(tmp_path, url, 1)
    db = BankDb(tmp_path, url)
    with db.write() as connection:
        before = rows(connection)
        connection.execute(text("UPDATE bank_schema SET version = :version"), {"version": version})
    db.close()
    db = BankDb(tmp_path, url)
    assert at(db) == (SCHEMA_VERSION, HEAD)
    with db.read() as connection:
        assert rows(connection) == before
    db.close()


@pytest.mark.parametrize("there_already", [False, True])
def test_alembic_is_not_imported_where_nothing_is_to_be_migrated(tmp_path: Path, there_already: bool) -> None:
    if there_already:
        BankDb(tmp_path).close()
    program = (
        "import sys; from pathlib import Path; import feiqian.cli, feiqian.app; from feiqian.db import BankDb;"
        " BankDb(Path(sys.argv[1])); sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=60)


LEVEL = "INSERT INTO customers_level_changes (customer, level, if_verified, by_role, by_number, created_at) VALUES"
REVIEW = (
    "INSERT INTO identity_reviews (id, customer, document, outcome, reasons, matches, images, at, decided_at, note)"
    " SELECT '{id}', {customer}, document, '{outcome}', '', matches, 0, {at}, {at}, note FROM identity_reviews"
    " WHERE id = 'x'"
)
PENDING_AT_5 = (
    f"{LEVEL} (2, 2, 0, 'staff', 7, 10)",
    f"{LEVEL} (3, 1, 1, 'customer', 3, 20)",
    REVIEW.format(id="doc_1", customer=3, outcome="refused", at=19),
    REVIEW.format(id="doc_2", customer=3, outcome="verified", at=21),
    f"{LEVEL} (4, 1, 1, 'customer', 4, 30)",
    REVIEW.format(id="doc_3", customer=4, outcome="unknown", at=31),
    f"{LEVEL} (5, 1, 1, 'customer', 5, 40)",
    REVIEW.format(id="doc_4", customer=5, outcome="verified", at=39),
    "UPDATE customers_profiles SET frozen = 'thawing', frozen_role = 'staff', frozen_number = 7, frozen_at = 50",
    "UPDATE staff_changes SET state = 'applying', decided_at = 5",
)


def test_what_was_pending_at_version_5_is_an_intent_of_its_kind(tmp_path: Path, url: str) -> None:
    restore(tmp_path, url, 5, *PENDING_AT_5)
    for _ in range(2):
        db = BankDb(tmp_path, url)
        with db.write() as connection:
            found = rows(connection)
            connection.execute(text("UPDATE bank_schema SET version = 5"))
        db.close()
        intents = sorted(found["ledger_intents"], key=lambda row: row["created_at"])
        assert [(row["kind"], row["subject"], json.loads(row["payload"]), row["created_at"]) for row in intents] == [
            ("change_request", "x", {}, 5),
            ("level", "customer:2", {"customer": 2, "level": 2, "by": ["staff", 7]}, 10),
            ("level", "customer:3", {"customer": 3, "level": 1, "by": ["customer", 3]}, 20),
            ("unfreeze", "customer:1", {"customer": 1, "by": ["customer", 1]}, 50),
        ]
        assert all(is_id(INTENT, row["id"]) for row in intents)
        assert found["customers_profiles"][0]["frozen"] == "frozen"
        assert found["staff_changes"][0]["state"] == "applying"


MESSAGE_AT_7 = (
    "INSERT INTO notify_outbox (id, role, number, channel, kind, language, sealed, state, attempts, next_at,"
    " created_at, expires_at, done_at, why) VALUES"
)
MESSAGES_AT_7 = (
    "DELETE FROM notify_outbox",
    f"{MESSAGE_AT_7} ('msg_2', 'customer', 17, 'sms', 'frozen', 'zh', NULL, 'queued', 3, 70, 20, 90, 0, 'busy')",
    f"{MESSAGE_AT_7} ('msg_1', 'staff', 2, 'email', 'code', 'en', NULL, 'failed', 1, 11, 10, 40, 30, 'no')",
    f"{MESSAGE_AT_7} ('msg_3', 'customer', 17, 'push', 'frozen', 'es', NULL, 'sent', 1, 31, 30, 99, 40, '')",
)


def test_messages_of_version_7_are_deliveries_in_their_order(tmp_path: Path, url: str) -> None:
    restore(tmp_path, url, 7, *MESSAGES_AT_7)
    db = BankDb(tmp_path, url)
    with db.read() as connection:
        found = rows(connection)
    db.close()
    assert "notify_outbox" not in found
    wanted = ("id", "topic", "kind", "receiver", "about", "headers", "state", "attempts", "next_at", "why", "once")
    week = 7 * 86_400_000_000
    moved = sorted(found["outbox_deliveries"], key=lambda row: row["sequence"])
    moments = [(row["created_at"], row["expires_at"], row["done_at"], row["keep_until"]) for row in moved]
    assert moments == [(10, 40, 30, 30 + week), (20, 90, 0, 0), (30, 99, 40, 40 + week)]
    email = ("msg_1", "email", "code", "msg_1", "staff:2", '{"language":"en"}', "dead", 1, 11, "no", None)
    sms = ("msg_2", "sms", "frozen", "msg_2", "customer:17", '{"language":"zh"}', "queued", 3, 70, "busy", None)
    push = ("msg_3", "push", "frozen", "msg_3", "customer:17", '{"language":"es"}', "sent", 1, 31, "", None)
    assert [tuple(row[name] for name in wanted) for row in moved] == [email, sms, push]


REVOKED_AT_11 = (
    "INSERT INTO api_keys (hash, merchant, kind, shown, created_at, revoked_at)"
    " SELECT shown, 1, 'test', 'y', 2, NULL FROM api_keys"
)


def test_keys_of_version_11_may_do_everything_and_keep_their_ids(tmp_path: Path, url: str) -> None:
    another = REVOKED_AT_11.replace("SELECT shown", "SELECT '\\x02'::bytea" if url else "SELECT X'02'")
    restore(tmp_path, url, 11, another)
    seen = set()
    for _ in range(2):
        db = BankDb(tmp_path, url)
        with db.write() as connection:
            revoked, live = sorted(rows(connection)["api_keys"], key=lambda row: row["created_at"])
            connection.execute(text("UPDATE bank_schema SET version = 11"))
        db.close()
        assert is_id(KEY, revoked["id"])
        assert is_id(KEY, live["id"])
        seen.add((revoked["id"], live["id"]))
        for row, revoker in ((revoked, "staff"), (live, "")):
            assert tuple(map(Scope, row["scopes"].split())) == ALL
            assert (row["name"], row["expires_at"], row["used_at"]) == ("", 0, 0)
            assert (row["made_role"], row["made_number"], row["revoked_role"]) == ("staff", 0, revoker)
    assert len(seen) == 1


@pytest.mark.parametrize("version", [None, *VERSIONS])
def test_of_several_who_open_a_database_at_once_one_makes_and_upgrades_it(
    tmp_path: Path, url: str, version: int | None
) -> None:
    if version is not None:
        restore(tmp_path, url, version)
    together = Barrier(OPENERS)

    def open_it(_: int) -> tuple[int, str]:
        together.wait()
        db = BankDb(tmp_path, url)
        found = at(db)
        db.close()
        return found

    with ThreadPoolExecutor(OPENERS) as pool:
        assert list(pool.map(open_it, range(OPENERS))) == [(SCHEMA_VERSION, HEAD)] * OPENERS
    with raw(tmp_path, url) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM bank_schema").scalar_one() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM alembic_version").scalar_one() == 1
