"""The feature database (`bank.db`, or PostgreSQL by URL): what is not money. Opens it, brings it to today's version.

Features own their tables: each declares them on `METADATA` and nobody else reads or writes them. New tables are made
when they are missing; what else has changed since an older version is in `MIGRATIONS`, in SQL that never changes again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    Table,
    create_engine,
    event,
    select,
    text,
)
from sqlalchemy import inspect as look_at
from sqlalchemy.exc import DBAPIError

from feiqian.errors import FeiqianError
from feiqian.folder import make_file, make_folder
from feiqian.runtime.place import Place


class Migration(NamedTuple):
    """What makes the version before into this one: for each table that was there already, its statements."""

    version: int
    statements: Mapping[str, tuple[str, ...]]


MIGRATIONS = (
    # Every customer of version 1 could pay: all of them have the highest of the policy's levels, 2.
    Migration(
        2,
        {
            "customers": (
                "ALTER TABLE customers ADD COLUMN level SMALLINT NOT NULL DEFAULT 0",
                "UPDATE customers SET level = 2",
            )
        },
    ),
    # Payment codes are of issuing devices: every customer gets one. (Who opens the database need not know that table.)
    Migration(
        3,
        {
            "customers": (
                "CREATE TABLE IF NOT EXISTS issuing_devices (number INTEGER NOT NULL PRIMARY KEY,"
                " customer BIGINT NOT NULL REFERENCES customers (number),"
                " created_at BIGINT NOT NULL, revoked_at BIGINT NOT NULL)",
                "CREATE INDEX IF NOT EXISTS ix_issuing_devices_customer ON issuing_devices (customer)",
                "INSERT INTO issuing_devices (number, customer, created_at, revoked_at)"
                " SELECT (SELECT COALESCE(MAX(number), 0) FROM issuing_devices)"
                " + ROW_NUMBER() OVER (ORDER BY number), number, created_at, 0 FROM customers"
                " WHERE number NOT IN (SELECT customer FROM issuing_devices)",
            )
        },
    ),
    # Wrong answers are counted by place: a lock that holds becomes one of unknown devices.
    Migration(
        4,
        {
            "verification_tries": (
                "CREATE TABLE IF NOT EXISTS verification_attempts (role VARCHAR(10) NOT NULL, number BIGINT NOT NULL,"
                " place VARCHAR(36) NOT NULL, factor VARCHAR(10) NOT NULL, wrong INTEGER NOT NULL,"
                " day_from BIGINT NOT NULL, day_wrong INTEGER NOT NULL, locks INTEGER NOT NULL,"
                " locked_until BIGINT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (role, number, place, factor))",
                "CREATE INDEX IF NOT EXISTS verification_attempts_by_age ON verification_attempts (at)",
                "DELETE FROM verification_attempts",
                "INSERT INTO verification_attempts"
                " (role, number, place, factor, wrong, day_from, day_wrong, locks, locked_until, at)"
                " SELECT role, number, '', 'password', count, 0, 0, locks, locked_until, locked_until"
                " FROM verification_tries WHERE locked_until > 0",
                "DROP TABLE verification_tries",
            ),
            "verification_challenges": (
                "ALTER TABLE verification_challenges ADD COLUMN place VARCHAR(36) NOT NULL DEFAULT ''",
            ),
            # Codes are capped by audience: those that were sent before count as customers'.
            "verification_sends": (
                "ALTER TABLE verification_sends ADD COLUMN audience VARCHAR(8) NOT NULL DEFAULT 'customer'",
            ),
            "notify_codes": ("ALTER TABLE notify_codes ADD COLUMN audience VARCHAR(8) NOT NULL DEFAULT 'customer'",),
        },
    ),
    # Recoveries that nothing passes took the place of challenges of somebody who is not there.
    Migration(
        5,
        {
            "verification_challenges": (
                "ALTER TABLE verification_challenges ADD COLUMN hopeless INTEGER NOT NULL DEFAULT 0",
            ),
            "customers_doors": (
                "ALTER TABLE customers_doors DROP COLUMN counted_role",
                "ALTER TABLE customers_doors DROP COLUMN counted_number",
                "ALTER TABLE customers_doors DROP COLUMN long_codes",
            ),
        },
    ),
)
CONNECT_SECONDS = 10  # to PostgreSQL
SCHEMA_VERSION = MIGRATIONS[-1].version
_CHANGES_COLUMN = re.compile(r"ALTER TABLE (\w+) (ADD|DROP) COLUMN (\w+)")
METADATA = MetaData()
BIG = BigInteger().with_variant(Integer, "sqlite")  # SQLite's INTEGER has 64 bits, too

_schema = Table("bank_schema", METADATA, Column("version", Integer, primary_key=True))


def index_of_few(name: str, column: str, condition: str) -> Index:
    """An index of the few rows that are so."""
    return Index(name, column, sqlite_where=text(condition), postgresql_where=text(condition))


class DatabaseTooNew(FeiqianError):
    """A later version of Feiqian has written this database; this one would misread it."""


class DatabaseUnavailable(FeiqianError):
    """The database cannot be opened: it is damaged, its disk is full, or its server does not answer."""


class DatabaseMoved(FeiqianError):
    """The database's file was moved, deleted or replaced: a write would not be found at the next start."""


class BankDb:
    """A pool of connections to the feature database. Its methods block: call them from a thread, or when starting.

    Raises DatabaseUnavailable and DatabaseTooNew when it is opened.
    """

    def __init__(self, folder: Path, url: str = "") -> None:
        where = "of bank_url" if url else str(folder / "bank.db")
        try:
            if not url:
                make_folder(folder)
                make_file(folder / "bank.db")
            self._place = None if url else Place(folder / "bank.db", DatabaseMoved, alone=True)
            self.engine = _engine(url or f"sqlite:///{folder / 'bank.db'}")
            with self._transaction() as connection:
                _bring_up_to_date(connection)
            if self._place is not None:
                self._place.note()
        except (DBAPIError, OSError) as error:
            why = getattr(error, "orig", None) or error
            raise DatabaseUnavailable(
                f"the bank's database {where} cannot be used: {why}. Look at the disk (room, rights, whether it is"
                " mounted), or restore it from a backup, then start again"
            ) from error

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write, committed at the end unless something was raised.

        Raises DatabaseMoved where the file is no longer the one that was opened: at the end that leaves it unknown.
        """
        if self._place is None:
            with self._transaction() as connection:
                yield connection
            return
        self._place.check()
        with self._transaction() as connection:
            yield connection
        self._place.check()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """As `read`, but every statement sees the database as it was at the first."""
        with self.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")
            else:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    def close(self) -> None:
        """Closes the connections that are not in use."""
        self.engine.dispose()


def _bring_up_to_date(connection: Connection) -> None:
    """All in one transaction: an interrupted migration never was. Raises DatabaseTooNew."""
    there = set(look_at(connection).get_table_names())
    METADATA.create_all(connection)
    version = connection.execute(select(_schema.c.version).with_for_update()).scalar()
    if version is None:
        connection.execute(_schema.insert().values(version=SCHEMA_VERSION))
        return
    if version > SCHEMA_VERSION:
        raise DatabaseTooNew(f"the bank's database has version {version}; this is Feiqian for {SCHEMA_VERSION}")
    for migration in MIGRATIONS:
        if migration.version > version:
            _migrate(connection, migration, there)
            connection.execute(_schema.update().values(version=migration.version))


def _migrate(connection: Connection, migration: Migration, there: set[str]) -> None:
    for table, statements in migration.statements.items():
        if table not in there:
            continue  # it was made just now, as it is today
        for statement in statements:
            if not _done_already(connection, statement):
                connection.exec_driver_sql(statement)


def _done_already(connection: Connection, statement: str) -> bool:
    """Whether the column is there, or gone, already: the bank went back to an older version meanwhile."""
    change = _CHANGES_COLUMN.match(statement)
    if change is None:
        return False
    table, what, name = change.groups()
    there = any(column["name"] == name for column in look_at(connection).get_columns(table))
    return there if what == "ADD" else not there


def _engine(url: str) -> Engine:
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    timeout = {"connect_timeout": CONNECT_SECONDS} if "+psycopg://" in url and "connect_timeout" not in url else {}
    engine = create_engine(url, hide_parameters=True, connect_args=timeout)  # they may be personal; errors are logged
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: `write` does
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}").close()
