"""The feature database (`bank.db`, or PostgreSQL by URL): what is not money. Opens it and checks its version.

Features own their tables: each declares them on `METADATA` and nobody else reads or writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Engine, Integer, MetaData, Table, create_engine, event, select

from feiqian.errors import FeiqianError

SCHEMA_VERSION = 1
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
            METADATA.create_all(connection)
            self._check_version(connection)

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

    def close(self) -> None:
        """Closes the connections that are not in use."""
        self.engine.dispose()

    def _check_version(self, connection: Connection) -> None:
        version = connection.execute(select(_schema.c.version)).scalar()
        if version is None:
            connection.execute(_schema.insert().values(version=SCHEMA_VERSION))
        elif version > SCHEMA_VERSION:
            raise DatabaseTooNew(f"the bank's database has version {version}; this is Feiqian for {SCHEMA_VERSION}")


def _engine(url: str) -> Engine:
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: `write` does
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}").close()
