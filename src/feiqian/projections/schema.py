"""The read model's tables, and whether those that are there belong to the journal at hand.

Money is in minor units, times in Unix microseconds, days are the bank's, as yyyymmdd. A change of the tables needs a
new VERSION: an older read model is then thrown away and built again, never altered.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from feiqian.errors import JournalBehind

from .database import Database, is_postgres, open_database
from .errors import ReadModelMismatch

VERSION = 2

# Entries of an index that come in random order are what projecting costs most, since each touches a page of its own: so
# a customer's payments are found through the lines of its wallet, and only the exceptions have an index of their own.
# For the same reason the lines lie in order of writing, and just their index in order of account.
DDL = (
    """CREATE TABLE progress (
        one INTEGER PRIMARY KEY, version INTEGER NOT NULL, journal TEXT NOT NULL,
        position INTEGER NOT NULL, hash BLOB NOT NULL,
        seconds INTEGER NOT NULL, day INTEGER NOT NULL,
        accounts INTEGER NOT NULL, payments INTEGER NOT NULL)""",
    """CREATE TABLE accounts (
        no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, kind INTEGER NOT NULL, currency INTEGER NOT NULL,
        owner INTEGER NOT NULL)""",
    "CREATE INDEX accounts_owner ON accounts (owner, kind)",
    """CREATE TABLE payments (
        no INTEGER PRIMARY KEY, id TEXT NOT NULL, transfer BLOB NOT NULL, merchant INTEGER NOT NULL,
        customer INTEGER NOT NULL, merchant_order TEXT NOT NULL, status TEXT NOT NULL, amount INTEGER NOT NULL,
        currency INTEGER NOT NULL, fee INTEGER NOT NULL, refunded INTEGER NOT NULL, created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL, closed_at INTEGER NOT NULL, day INTEGER NOT NULL, position INTEGER NOT NULL,
        fact BLOB NOT NULL, refused TEXT)""",
    "CREATE UNIQUE INDEX payments_id ON payments (id)",
    "CREATE UNIQUE INDEX payments_order ON payments (merchant, merchant_order)",
    "CREATE INDEX payments_transfer ON payments (transfer)",
    "CREATE INDEX payments_merchant ON payments (merchant, created_at, no)",
    """CREATE INDEX payments_exceptions ON payments (merchant, status, created_at, no)
        WHERE status <> 'succeeded'""",
    "CREATE INDEX payments_waiting ON payments (customer, no) WHERE status = 'needs_verification'",
    "CREATE INDEX payments_unpaid ON payments (customer, no) WHERE status <> 'succeeded'",
    """CREATE TABLE refunds (
        id TEXT PRIMARY KEY, transfer BLOB NOT NULL, payment TEXT NOT NULL, merchant_refund TEXT NOT NULL,
        status TEXT NOT NULL, merchant INTEGER NOT NULL, customer INTEGER NOT NULL, amount INTEGER NOT NULL,
        currency INTEGER NOT NULL, created_at INTEGER NOT NULL, day INTEGER NOT NULL, position INTEGER NOT NULL,
        fact BLOB NOT NULL)""",
    "CREATE UNIQUE INDEX refunds_number ON refunds (payment, merchant_refund)",
    "CREATE INDEX refunds_transfer ON refunds (transfer)",
    """CREATE TABLE entries (
        account INTEGER NOT NULL, sequence INTEGER NOT NULL, amount INTEGER NOT NULL, balance INTEGER NOT NULL,
        kind INTEGER NOT NULL, transfer BLOB NOT NULL, payment INTEGER, at INTEGER NOT NULL, position INTEGER NOT NULL
        )""",
    "CREATE UNIQUE INDEX entries_account ON entries (account, sequence)",
    """CREATE TABLE holds (
        id BLOB PRIMARY KEY, debit BLOB NOT NULL, credit BLOB NOT NULL, amount INTEGER NOT NULL, payment INTEGER
        ) WITHOUT ROWID""",
    """CREATE TABLE merchant_days (
        merchant INTEGER NOT NULL, day INTEGER NOT NULL, currency INTEGER NOT NULL, count INTEGER NOT NULL,
        amount INTEGER NOT NULL, fees INTEGER NOT NULL, refunded INTEGER NOT NULL,
        PRIMARY KEY (merchant, day, currency)) WITHOUT ROWID""",
    """CREATE TABLE customer_days (
        day INTEGER NOT NULL, customer INTEGER NOT NULL, currency INTEGER NOT NULL, count INTEGER NOT NULL,
        amount INTEGER NOT NULL, refunded INTEGER NOT NULL,
        PRIMARY KEY (day, customer, currency)) WITHOUT ROWID""",
)
TABLES = tuple(text.split()[2] for text in DDL if text.startswith("CREATE TABLE"))


class JournalSource(Protocol):
    """What is asked of a journal to tell whether a read model is its own (`ledger.journal.Journal` has it)."""

    @property
    def identity(self) -> str: ...

    def hash_at(self, position: int) -> bytes | None: ...


@dataclass(slots=True)
class Progress:
    """How far the read model has come: the row it ends with, the engine's moment there, the last numbers given."""

    journal: str
    position: int
    hash: bytes
    seconds: int
    day: int
    accounts: int
    payments: int


def read_progress(db: Database) -> Progress | None:
    """The read model's progress, or None where there is no read model yet. Raises ReadModelMismatch."""
    if "progress" not in db.tables():
        return None
    row = db.one("SELECT version, journal, position, hash, seconds, day, accounts, payments FROM progress")
    if row is None:
        raise ReadModelMismatch("the read model has lost its progress; build it again with `feiqian project --rebuild`")
    version, *rest = row
    if version != VERSION:
        raise ReadModelMismatch(
            f"the read model has version {version} and this program writes version {VERSION};"
            " build it again with `feiqian project --rebuild`"
        )
    return Progress(*rest)


def create(db: Database, journal: JournalSource) -> None:
    """Makes the empty read model of this journal, in one transaction."""
    genesis = journal.hash_at(0)
    with db.transaction():
        db.create(DDL)
        db.change("INSERT INTO progress VALUES (1, ?, ?, 0, ?, 0, 0, 0, 0)", (VERSION, journal.identity, genesis))


def drop(db: Database) -> None:
    """Throws the read model away, in one transaction."""
    with db.transaction():
        db.create(f"DROP TABLE IF EXISTS {table}" for table in TABLES)


def check_progress(progress: Progress, journal: JournalSource) -> None:
    """Raises ReadModelMismatch or JournalBehind unless the read model's last row is a row of this journal."""
    if progress.journal != journal.identity:
        raise ReadModelMismatch(
            f"the read model was made from journal {progress.journal}, but the journal here is {journal.identity}"
        )
    found = journal.hash_at(progress.position)
    if found is None:
        raise JournalBehind(
            f"the read model was made from the journal up to position {progress.position}, which the journal does not"
            " have: the journal has lost rows or is an older copy"
        )
    if found != progress.hash:
        raise JournalBehind(
            f"at position {progress.position} the journal has hash {found.hex()}, but the read model was made from"
            f" {progress.hash.hex()}: the journal was changed or is another copy"
        )


def check_read_model(journal: JournalSource, location: str | Path) -> int:
    """For the start of a server: how far the read model at `location` has come (0 if there is none).

    Raises JournalBehind if the journal lacks what the read model was made from, ReadModelMismatch if the read model is
    of another journal or version.
    """
    if not is_postgres(location) and not Path(location).exists():
        return 0
    db = open_database(location, read_only=True)
    try:
        progress = read_progress(db)
        if progress is None:
            return 0
        check_progress(progress, journal)
        return progress.position
    finally:
        db.close()
