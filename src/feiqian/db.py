"""The feature database (`bank.db`, or PostgreSQL by URL): what is not money. Opens it, brings it to today's version.

Features own their tables: each declares them on `METADATA` and nobody else reads or writes them. New tables are made
when they are missing; what else has changed since an older version is in `MIGRATIONS`, in SQL that never changes again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Column, Connection, Engine, Integer, MetaData, Table, create_engine, event, select
from sqlalchemy import inspect as look_at

from feiqian.errors import FeiqianError


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
    # When a try was taken last, by which those of nobody's numbers are swept; and recoveries that nothing passes, which
    # took the place of challenges of somebody who is not there.
    Migration(
        3,
        {
            "verification_tries": ("ALTER TABLE verification_tries ADD COLUMN touched_at BIGINT NOT NULL DEFAULT 0",),
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
SCHEMA_VERSION = MIGRATIONS[-1].version
METADATA = MetaData()
BIG = BigInteger().with_variant(Integer, "sqlite")  # SQLite's INTEGER has 64 bits, too

_schema = Table("bank_schema", METADATA, Column("version", Integer, primary_key=True))


class DatabaseTooNew(FeiqianError):
    """A later version of Feiqian has written this database; this one would misread it."""


class BankDb:
    """A pool of connections to the feature database. Its methods block: call them from a thread, or when starting."""

    def __init__(self, folder: Path, url: str = "") -> None:
        if not url:
            folder.mkdir(parents=True, exist_ok=True)
        self.engine = _engine(url or f"sqlite:///{folder / 'bank.db'}")
        with self.write() as connection:
            _bring_up_to_date(connection)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write, committed at the end unless something was raised."""
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
            connection.exec_driver_sql(statement)


def _engine(url: str) -> Engine:
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, hide_parameters=True)  # they may be personal, and errors are logged
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: `write` does
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}").close()
