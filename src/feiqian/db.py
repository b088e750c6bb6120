"""The feature database (`bank.db`, or PostgreSQL by URL): what is not money. Opens it, brings it to today's version.

Features own their tables: each declares them on `METADATA` and nobody else reads or writes them. New tables are made
when they are missing; what else has changed since an older version is a revision in `migrations`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    create_engine,
    event,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, OperationalError

from feiqian.errors import FeiqianError
from feiqian.folder import make_file, make_folder
from feiqian.runtime.database_files import DatabaseFiles
from feiqian.runtime.locks import lock
from feiqian.runtime.work import TooBusy

CONNECT_SECONDS = 10  # to PostgreSQL
SCHEMA_VERSION = 12  # the newest revision in `migrations`
METADATA = MetaData()
_FOLLOWS = "follows"  # of a connection: what is called after the commit
BIG = BigInteger().with_variant(Integer, "sqlite")  # SQLite's INTEGER has 64 bits, too

_schema = Table("bank_schema", METADATA, Column("version", Integer, primary_key=True))
# As alembic declares it. Here, too, because a new database gets its revision without alembic.
_revision = Table(
    "alembic_version",
    METADATA,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def index_of_few(name: str, column: str, condition: str) -> Index:
    """An index of the few rows that are so."""
    return Index(name, column, sqlite_where=text(condition), postgresql_where=text(condition))


def after_commit(connection: Connection, function: Callable[[], object]) -> None:
    """Call `function` once the transaction of `BankDb.write` is committed, in its thread: whoever waited for it may be
    gone by then, and what memory has to know is known all the same."""
    connection.info[_FOLLOWS].append(function)


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
            self._place = None if url else DatabaseFiles(folder / "bank.db", DatabaseMoved, alone=True)
            self.engine = _engine(url or f"sqlite:///{folder / 'bank.db'}")
            with self._transaction() as connection:
                _bring_up_to_date(connection)
            if self._place is not None:
                self._place.note()
        except (DBAPIError, OSError, TooBusy) as error:
            why = getattr(error, "orig", None) or error
            raise DatabaseUnavailable(
                f"the bank's database {where} cannot be used: {why}. Look at the disk (room, rights, whether it is"
                " mounted), or restore it from a backup, then start again"
            ) from error

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write, committed at the end unless something was raised.

        Raises DatabaseMoved where the file is no longer the one that was opened: at the end that leaves it unknown;
        TooBusy where others write so much that its turn does not come.
        """
        place = self._place
        if place is not None:
            place.check()
        with self._transaction() as connection:
            follows = connection.info[_FOLLOWS] = []
            yield connection
        if place is not None:
            place.check()
        for function in follows:
            function()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                _begin_alone(connection)
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
    """All in one transaction: an interrupted migration never was. Raises DatabaseTooNew.

    `bank_schema` decides: versions of Feiqian before alembic know nothing else, and may have set it.
    """
    lock(connection, "opening the database")  # of two who see that a table is missing, one would fail to make it
    METADATA.create_all(connection, tables=[_schema, _revision])
    version = connection.execute(select(_schema.c.version).with_for_update()).scalar()
    revision = connection.execute(select(_revision.c.version_num)).scalar()
    if version is None:
        connection.execute(_schema.insert().values(version=SCHEMA_VERSION))
        _stamp(connection, SCHEMA_VERSION)
    else:
        _refuse_newer(version, revision)
        if (version, revision) != (SCHEMA_VERSION, _name(SCHEMA_VERSION)):
            _migrate(connection, version)
    METADATA.create_all(connection)


def _refuse_newer(version: int, revision: str | None) -> None:
    known = {_name(number) for number in range(1, SCHEMA_VERSION + 1)}
    if version > SCHEMA_VERSION or revision not in (None, *known):
        raise DatabaseTooNew(
            f"the bank's database has version {version}, revision {revision}; this is Feiqian for {SCHEMA_VERSION}"
        )


def _migrate(connection: Connection, version: int) -> None:
    from feiqian.migrations import upgrade  # alembic is slow to import, and no other start needs it

    _stamp(connection, version)
    upgrade(connection)
    connection.execute(_schema.update().values(version=SCHEMA_VERSION))


def _stamp(connection: Connection, version: int) -> None:
    connection.execute(_revision.delete())
    connection.execute(_revision.insert().values(version_num=_name(version)))


def _name(version: int) -> str:
    return f"{version:04}"


def _engine(url: str) -> Engine:
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    timeout = {"connect_timeout": CONNECT_SECONDS} if "+psycopg://" in url and "connect_timeout" not in url else {}
    engine = create_engine(url, hide_parameters=True, connect_args=timeout)  # they may be personal; errors are logged
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", set_up_sqlite)
    return engine


def set_up_sqlite(connection: Any, _record: object) -> None:
    """What every new connection of the pool to SQLite begins with; waits while another makes the database."""
    connection.isolation_level = None  # the driver begins nothing by itself: `write` does
    connection.execute("PRAGMA busy_timeout=5000").close()
    write_ahead(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_alone(connection: Connection) -> None:
    """Waits for whoever writes now. SQLite's waiting is no queue: one of many may have waited in vain."""
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        raise TooBusy("others write to the bank's database; nothing was done, try again in a moment") from error


def write_ahead(connection: sqlite3.Connection) -> None:
    """Puts an SQLite database into WAL mode, and waits, which SQLite does not here, for others who open a new one."""
    while not _writes_ahead(connection):
        connection.execute("BEGIN IMMEDIATE").close()  # waits as long as the connection does for locks
        connection.execute("ROLLBACK").close()


def _writes_ahead(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("PRAGMA journal_mode=WAL").close()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True
