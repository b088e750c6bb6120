"""The tables of staff accounts and of proposed changes. What people wrote as their reasons is sealed."""

from __future__ import annotations

import msgspec
from sqlalchemy import Column, Index, LargeBinary, String, Table

from feiqian.backoffice.model import ChangeState, MemberState, StaffRole
from feiqian.columns import SUBJECT, Encoded, Sealed, Word, Words
from feiqian.db import BIG, METADATA

members = Table(
    "staff_members",
    METADATA,
    Column("number", BIG, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("login", String(32), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("roles", Words(StaffRole, 100), nullable=False),
    Column("state", Word(MemberState, 10), nullable=False),
    Column("created_at", BIG, nullable=False),
    Column("token_hash", LargeBinary(32), unique=True),  # of the enrolment that waits
    Column("invited_at", BIG, nullable=False),
)
WHY, NOTE = Sealed("staff_changes/why"), Sealed("staff_changes/note")
JSON = Encoded[dict[str, object]](msgspec.json.Encoder(order="deterministic").encode, msgspec.json.decode)
changes = Table(
    "staff_changes",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("kind", String(16), nullable=False),
    *SUBJECT.columns(),
    Column("values", JSON, nullable=False),
    Column("why", WHY, nullable=False),
    Column("maker", BIG, nullable=False),
    Column("proposed_at", BIG, nullable=False),
    Column("state", Word(ChangeState, 10), nullable=False),
    Column("decided_by", BIG, nullable=False),
    Column("decided_at", BIG, nullable=False),
    Column("note", NOTE, nullable=False),
    Column("failure", String(200), nullable=False),
    Index("staff_changes_waiting", "state", "proposed_at"),
    Index("staff_changes_proposed", "maker", "proposed_at"),
    Index("staff_changes_decided", "decided_by", "decided_at"),
    Index("staff_changes_about", "role", "number", "proposed_at"),
)
