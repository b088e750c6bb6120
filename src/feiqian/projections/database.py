"""One way to both databases of the read models: SQLAlchemy makes the text of statements, the drivers execute them.

A location is a path, or a URL that begins with postgresql://. Nothing here knows what the tables mean.
"""

from __future__ import annotations

import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, LiteralString, NamedTuple, cast

import psycopg
from psycopg import sql
from sqlalchemy import BindParameter, Dialect, Executable, MetaData, Table, bindparam, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from feiqian.db import write_ahead
from feiqian.folder import make_file
from feiqian.runtime.database_files import file_number

Values = tuple[Any, ...]
Statement = Executable | str  # as text its parameters are written `:name`
CONNECT_SECONDS = LOCK_SECONDS = 10
SYNCHRONISE_SECONDS = 0.1  # not money: the next transaction in SQLite is synchronised if none was for so long
DATABASE_ERRORS = (sqlite3.Error, psycopg.Error)

# What a row's values cause, and not the state of the database.
VALUE_ERRORS = (sqlite3.IntegrityError, sqlite3.DataError, psycopg.IntegrityError, psycopg.DataError)


class UniqueViolation(Exception):
    """A row is there already, under one of the table's unique keys."""


_MAKING = 0x6671_7265_6164_0000  # whoever makes read models, among PostgreSQL's advisory locks


class Database(ABC):
    """A connection; used by one thread at a time. Parameters are given by name."""

    _dialect: ClassVar[Dialect]
    _execute: Callable[..., Any]  # the driver's

    def one(self, query: Statement, /, **values: Any) -> Values | None:
        return cast("Values | None", self._execute(*_made(query, self._dialect).with_values(values)).fetchone())

    def all(self, query: Statement, /, **values: Any) -> list[Values]:
        return cast("list[Values]", self._execute(*_made(query, self._dialect).with_values(values)).fetchall())

    def change(self, statement: Statement, /, **values: Any) -> int:
        """Executes one statement and returns how many rows it changed."""
        return cast("int", self._execute(*_made(statement, self._dialect).with_values(values)).rowcount)

    @abstractmethod
    def change_many(self, statement: Statement, rows: Sequence[Values]) -> None:
        """For each row; its values stand in the order in which the statement names its parameters."""

    @abstractmethod
    def insert(self, table: Table, rows: Sequence[Values]) -> None:
        """Adds whole rows, in the order of the table's columns. Raises UniqueViolation; then only rollback is left."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[Any]:
        """A context that commits at its end, or takes everything back on an exception."""

    @abstractmethod
    def alone(self) -> None:
        """Within a transaction, until its end: of several who make the tables, the others wait."""

    @abstractmethod
    def savepoint(self) -> AbstractContextManager[Any]:
        """Within a transaction: a context whose changes alone are taken back on an exception."""

    def create(self, tables: Iterable[Table]) -> None:
        """Makes tables with their indexes; within a transaction."""
        for table in tables:
            self._execute(str(CreateTable(table).compile(dialect=self._dialect)))
            for index in sorted(table.indexes, key=lambda index: str(index.name)):
                self._execute(str(CreateIndex(index).compile(dialect=self._dialect)))

    def drop(self, tables: Iterable[str]) -> None:
        """Drops those of these tables that are there; within a transaction."""
        for table in tables:
            self._execute(str(DropTable(Table(table, MetaData()), if_exists=True).compile(dialect=self._dialect)))

    @abstractmethod
    def tables(self) -> set[str]: ...

    @abstractmethod
    def columns(self, table: str) -> set[str]:
        """The columns of a table; none where it is not there."""

    @abstractmethod
    def gone(self) -> bool:
        """Whether its file was removed or replaced since it was opened: what is read or written is nobody's then."""

    @abstractmethod
    def close(self) -> None: ...


def is_postgres(location: str | Path) -> bool:
    return str(location).startswith(("postgresql://", "postgres://"))


def is_locked(error: BaseException | None) -> bool:
    """Whether this says that somebody else holds a lock on the SQLite file."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def open_database(location: str | Path, *, read_only: bool = False, lock_seconds: int = LOCK_SECONDS) -> Database:
    """Opens the database, creating an SQLite file unless `read_only`. Raises the driver's error if it cannot.

    `lock_seconds`: how long every statement waits for a lock on an SQLite file.
    """
    if is_postgres(location):
        return PostgresDatabase(str(location), read_only=read_only)
    return SqliteDatabase(Path(location), read_only=read_only, lock_seconds=lock_seconds)


class SqliteDatabase(Database):
    """See `Database`.

    WAL, so that readers never wait for the projector. A power cut may lose the last steps, never half of one, and they
    are projected again from the journal. So only one transaction in a while is synchronised; if none were, the disk
    would get all of some seconds at once, and commits to the journal would wait behind it.
    """

    _dialect = sqlite.dialect()

    def __init__(self, path: Path, *, read_only: bool = False, lock_seconds: int = LOCK_SECONDS) -> None:
        self._path, mode = path, "ro" if read_only else "rwc"
        if not read_only:
            make_file(path)
        uri = f"{path.absolute().as_uri()}?mode={mode}"
        self._connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, check_same_thread=False, timeout=lock_seconds
        )
        self._execute = self._connection.execute
        self._synchronised = float("-inf")  # not money: when a transaction was
        if not read_only:
            write_ahead(self._connection)
            self._execute("PRAGMA wal_autocheckpoint = 16000")  # pages; the busiest are written back once, not often
        self._execute(f"PRAGMA cache_size = {-8192 if read_only else -65536}")  # KiB
        self._execute("PRAGMA temp_store = MEMORY")
        self._execute("SELECT count(*) FROM sqlite_schema").fetchone()  # opens the file: damage shows now
        self._file = file_number(path)

    def gone(self) -> bool:
        return file_number(self._path) != self._file

    def change_many(self, statement: Statement, rows: Sequence[Values]) -> None:
        self._connection.executemany(_made(statement, self._dialect).text, rows)

    def insert(self, table: Table, rows: Sequence[Values]) -> None:
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            try:
                self._connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows)
            except sqlite3.IntegrityError as error:
                raise UniqueViolation(str(error)) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        now = time.monotonic()
        synchronised = now - self._synchronised >= SYNCHRONISE_SECONDS
        self._execute(f"PRAGMA synchronous = {'FULL' if synchronised else 'NORMAL'}")
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            self._connection.rollback()
            raise
        if synchronised:
            self._synchronised = now

    def alone(self) -> None:
        """Nothing: a transaction is alone already."""

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        self._execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:  # else the database has taken all back
                self._execute("ROLLBACK TO part")
                self._execute("RELEASE part")
            raise
        self._execute("RELEASE part")

    def tables(self) -> set[str]:
        return {name for (name,) in self._execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}

    def columns(self, table: str) -> set[str]:
        return {name for (name,) in self._execute("SELECT name FROM pragma_table_info(?)", (table,))}

    def close(self) -> None:
        self._connection.close()


class PostgresDatabase(Database):
    """See `Database`. Rows are added with COPY, which is many times faster than INSERT over a socket."""

    _dialect = postgresql.dialect(paramstyle="format")  # type: ignore[no-untyped-call]

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        timeout: dict[str, Any] = {} if "connect_timeout" in url else {"connect_timeout": CONNECT_SECONDS}
        self._connection = psycopg.connect(url, autocommit=True, application_name="feiqian read model", **timeout)
        self._connection.read_only = read_only
        self._execute = self._connection.execute

    def change_many(self, statement: Statement, rows: Sequence[Values]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(_made(statement, self._dialect).text, rows)

    def insert(self, table: Table, rows: Sequence[Values]) -> None:
        if not rows:
            return
        statement = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table.name))
        try:
            with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)
        except psycopg.errors.UniqueViolation as error:
            raise UniqueViolation(str(error)) from error

    def alone(self) -> None:
        self._execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))

    def transaction(self) -> Any:
        return self._connection.transaction()

    savepoint = transaction

    def gone(self) -> bool:
        return False

    def tables(self) -> set[str]:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        return {name for (name,) in self._execute(query)}

    def columns(self, table: str) -> set[str]:
        query = """SELECT column_name FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name = %s"""
        return {name for (name,) in self._execute(query, (table,))}

    def close(self) -> None:
        self._connection.close()


class _Made(NamedTuple):
    """A statement as a driver takes it: its text, its parameters' names in order, and those that it brings itself."""

    text: LiteralString
    names: tuple[str, ...]
    constants: dict[str, Any]

    def with_values(self, values: dict[str, Any]) -> tuple[LiteralString, Values]:
        if self.constants:
            values = {**self.constants, **values}
        return self.text, tuple([values[name] for name in self.names])


@lru_cache(maxsize=512)
def _made(statement: Statement, dialect: Dialect) -> _Made:
    """From constants of this program: made once, as it takes longer than most statements."""
    compiled = (text(statement) if isinstance(statement, str) else cast("ClauseElement", statement)).compile(
        dialect=dialect
    )
    assert isinstance(compiled, SQLCompiler)
    names = tuple(compiled.positiontup or ())
    constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
    return _Made(str(compiled), names, constants)


def several(name: str, count: int) -> list[BindParameter[Any]]:
    """So many parameters, for a list of just that length; `numbered` gives their values."""
    return [bindparam(f"{name}{number}") for number in range(count)]


def numbered(name: str, values: Sequence[Any]) -> dict[str, Any]:
    return {f"{name}{number}": value for number, value in enumerate(values)}
