"""The tables of staff accounts and of proposed changes. What people wrote as their reasons is sealed."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, SmallInteger, String, Table

from feiqian.db import BIG, METADATA

members = Table(
    "staff_members",
    METADATA,
    Column("number", BIG, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("login", String(32), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("roles", String(100), nullable=False),  # with commas between
    Column("state", String(10), nullable=False),
    Column("created_at", BIG, nullable=False),
    Column("demo", SmallInteger, nullable=False),
    Column("token_hash", LargeBinary(32), unique=True),  # of the enrolment that waits
    Column("invited_at", BIG, nullable=False),
)
changes = Table(
    "staff_changes",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("role", String(10), nullable=False),
    Column("number", BIG, nullable=False),
    Column("values", LargeBinary, nullable=False),  # JSON
    Column("why", LargeBinary, nullable=False),
    Column("maker", BIG, nullable=False),
    Column("proposed_at", BIG, nullable=False),
    Column("state", String(10), nullable=False),
    Column("decided_by", BIG, nullable=False),
    Column("decided_at", BIG, nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("failure", String(200), nullable=False),
    Index("staff_changes_waiting", "state", "proposed_at"),
    Index("staff_changes_about", "role", "number", "proposed_at"),
)
