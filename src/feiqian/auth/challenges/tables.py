"""The tables of challenges, attempts, factors and evidence. Only this package reads or writes them.

Answers are never kept. What must be read again (texts, token secrets, evidence) is sealed; what is only compared
(codes) is blinded; passwords and PINs are hashed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Index, Integer, LargeBinary, String, Table, literal
from sqlalchemy.dialects import postgresql, sqlite

from feiqian.db import BIG, METADATA
from feiqian.subjects import Subject


def _subject(primary_key: bool = False) -> tuple[Column[Any], Column[Any]]:
    return (
        Column("role", String(10), nullable=False, primary_key=primary_key),
        Column("number", BIG, nullable=False, primary_key=primary_key, autoincrement=False),
    )


challenges = Table(
    "verification_challenges",
    METADATA,
    Column("id", String(36), primary_key=True),
    *_subject(),
    Column("purpose", String(20), nullable=False),
    Column("bound", LargeBinary(32), nullable=False),  # Bound.digest()
    Column("text", LargeBinary, nullable=False),  # sealed
    Column("summary", LargeBinary, nullable=False),  # sealed
    Column("language", String(2), nullable=False),
    Column("combinations", String(400), nullable=False),  # pin+sms|passkey
    Column("passed", String(80), nullable=False),  # pin+sms, in order
    Column("state", String(6), nullable=False),  # open, passed, spent or void
    Column("evidence", String(36), nullable=False),
    Column("begun_at", BIG, nullable=False),
    Column("expires_at", BIG, nullable=False),
    Column("place", String(36), nullable=False),  # where wrong answers are counted
    Column("hopeless", Integer, nullable=False, server_default="0"),  # 1: no answer is right
    Index("verification_challenges_of", "role", "number", "purpose"),
    Index("verification_challenges_by_end", "expires_at"),
)
codes = Table(
    "verification_codes",
    METADATA,
    Column("challenge", String(36), primary_key=True),
    Column("factor", String(10), primary_key=True),
    Column("hash", LargeBinary(16)),  # keyed; NULL once it was entered
    Column("long", Integer, nullable=False),  # 1: too long to be guessed
    Column("count", Integer, nullable=False),
    Column("sent_at", BIG, nullable=False),
    Column("wrong", Integer, nullable=False),  # answers to a long code
)
sends = Table(
    "verification_sends",
    METADATA,
    Column("id", String(36), primary_key=True),
    *_subject(),
    Column("factor", String(10), nullable=False),
    Column("audience", String(8), nullable=False),
    Column("at", BIG, nullable=False),
    Index("verification_sends_of", "role", "number", "factor", "at"),
)
attempts = Table(
    "verification_attempts",
    METADATA,
    *_subject(primary_key=True),
    Column("place", String(36), primary_key=True),  # a device's id; "": all unknown devices
    Column("factor", String(10), primary_key=True),  # "": the row that is held while it is counted
    Column("wrong", Integer, nullable=False),  # answers, and those being compared
    Column("day_from", BIG, nullable=False),
    Column("day_wrong", Integer, nullable=False),
    Column("locks", Integer, nullable=False),  # in a row
    Column("locked_until", BIG, nullable=False),  # 0: not locked
    Column("at", BIG, nullable=False),
    Index("verification_attempts_by_age", "at"),
)
secrets = Table(
    "verification_secrets",
    METADATA,
    *_subject(primary_key=True),
    Column("factor", String(10), primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("secret", LargeBinary, nullable=False),  # Argon2id of a password or PIN; a token's secret, sealed
    Column("last_step", BIG, nullable=False),  # of a token
    Column("added_at", BIG, nullable=False),
    Column("used_at", BIG, nullable=False),
)
keys = Table(
    "verification_keys",
    METADATA,
    Column("id", String(36), primary_key=True),
    *_subject(),
    Column("factor", String(10), nullable=False),
    Column("credential", LargeBinary(1023), nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),  # COSE (RFC 9052)
    Column("sign_count", BIG, nullable=False),
    Column("user_verified", Integer, nullable=False),  # at enrolment
    Column("transports", String(80), nullable=False),
    Column("label", String(60), nullable=False),
    Column("added_at", BIG, nullable=False),
    Column("used_at", BIG, nullable=False),
    Index("verification_keys_of", "role", "number"),
)
enrolments = Table(
    "verification_enrolments",
    METADATA,
    Column("id", String(36), primary_key=True),
    *_subject(),
    Column("factor", String(10), nullable=False),
    Column("secret", LargeBinary, nullable=False),  # a token's secret or a key's challenge, sealed
    Column("expires_at", BIG, nullable=False),
)
evidence = Table(
    "verification_evidence",
    METADATA,
    Column("id", String(36), primary_key=True),
    *_subject(),
    Column("challenge", String(36), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("factor", String(10), nullable=False),
    Column("at", BIG, nullable=False),
    Column("document", LargeBinary, nullable=False),  # sealed
    Index("verification_evidence_of", "role", "number"),
)


def of(table: Table, subject: Subject) -> ColumnElement[bool]:
    """The rows of one subject."""
    return (table.c.role == str(subject.role)) & (table.c.number == subject.number)


def insert_missing(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Inserts a row unless one with its key is there; whether it was inserted. Waits for others who do the same."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    inserted = dialect.insert(table).values(dict(values)).on_conflict_do_nothing().returning(literal(1))
    return connection.execute(inserted).first() is not None  # drivers differ in what they say of rows


def changed(connection: Connection, statement: Any) -> int:
    """Executes an INSERT, UPDATE or DELETE; how many rows it changed."""
    return int(connection.execute(statement).rowcount)
