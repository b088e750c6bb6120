"""The tables of challenges, attempts, factors and evidence. Only this package reads or writes them.

Answers are never kept. What must be read again (texts, token secrets, evidence) is sealed; what is only compared
(codes) is blinded; passwords and PINs are hashed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Dialect, Index, Integer, LargeBinary, String, Table, literal
from sqlalchemy.dialects import postgresql, sqlite

from feiqian.columns import SUBJECT, Converted, Sealed, Word, Words
from feiqian.db import BIG, METADATA
from feiqian.policy.factors import Factor, Purpose
from feiqian.policy.model import Combination
from feiqian.subjects import Subject


class _Combinations(Converted[tuple[Combination, ...]]):
    """Combinations of factors: "pin+sms|passkey"."""

    impl, cache_ok = String, True

    def process_bind_param(self, value: tuple[Combination, ...] | None, dialect: Dialect) -> str:
        return "|".join("+".join(sorted(combination)) for combination in value or ())

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[Combination, ...]:
        return tuple(frozenset(map(Factor, part.split("+"))) for part in (value or "").split("|") if part)


TEXT, SUMMARY = Sealed("verification_challenges/text"), Sealed("verification_challenges/summary")
SECRET, DOCUMENT = Sealed("verification_enrolments/secret"), Sealed("verification_evidence/document")
challenges = Table(
    "verification_challenges",
    METADATA,
    Column("id", String(36), primary_key=True),
    *SUBJECT.columns(),
    Column("purpose", Word(Purpose, 20), nullable=False),
    Column("bound", LargeBinary(32), nullable=False),  # Bound.digest()
    Column("text", TEXT, nullable=False),
    Column("summary", SUMMARY, nullable=False),
    Column("language", String(2), nullable=False),
    Column("combinations", _Combinations(400), nullable=False),
    Column("passed", Words(Factor, 80, "+"), nullable=False),  # in order
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
    *SUBJECT.columns(),
    Column("factor", String(10), nullable=False),
    Column("audience", String(8), nullable=False),
    Column("at", BIG, nullable=False),
    Index("verification_sends_of", "role", "number", "factor", "at"),
)
attempts = Table(
    "verification_attempts",
    METADATA,
    *SUBJECT.columns(primary_key=True),
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
    *SUBJECT.columns(primary_key=True),
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
    *SUBJECT.columns(),
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
    *SUBJECT.columns(),
    Column("factor", String(10), nullable=False),
    Column("secret", SECRET, nullable=False),  # a token's, or a key's challenge
    Column("expires_at", BIG, nullable=False),
)
evidence = Table(
    "verification_evidence",
    METADATA,
    Column("id", String(36), primary_key=True),
    *SUBJECT.columns(),
    Column("challenge", String(36), nullable=False),
    Column("purpose", Word(Purpose, 20), nullable=False),
    Column("factor", String(10), nullable=False),
    Column("at", BIG, nullable=False),
    Column("document", DOCUMENT, nullable=False),
    Index("verification_evidence_of", "role", "number"),
)


def of(table: Table, subject: Subject) -> ColumnElement[bool]:
    """The rows of one subject."""
    return SUBJECT.are(table, subject)


def insert_missing(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Inserts a row unless one with its key is there; whether it was inserted. Waits for others who do the same."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    inserted = dialect.insert(table).values(dict(values)).on_conflict_do_nothing().returning(literal(1))
    return connection.execute(inserted).first() is not None  # drivers differ in what they say of rows


def changed(connection: Connection, statement: Any) -> int:
    """Executes an INSERT, UPDATE or DELETE; how many rows it changed."""
    return int(connection.execute(statement).rowcount)
