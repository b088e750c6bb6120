"""What customers add to their movements: a note, a report of a problem, a code by which others find the receipt."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, String, Table

from feiqian.columns import Sealed
from feiqian.db import BIG, METADATA

NOTE = Sealed("activity_notes/note")
notes = Table(
    "activity_notes",
    METADATA,
    Column("customer", BIG, ForeignKey("customers.number"), primary_key=True),
    Column("movement", String(36), primary_key=True),
    Column("note", NOTE, nullable=False),
    Column("at", BIG, nullable=False),
    Index("activity_notes_at", "customer", "at"),
)
reports = Table(
    "activity_reports",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("customer", BIG, ForeignKey("customers.number"), nullable=False),
    Column("movement", String(36), nullable=False),
    Column("case_id", String(36), nullable=False),
    Column("at", BIG, nullable=False),
    Index("activity_reports_at", "customer", "at"),
    Index("activity_reports_movement", "customer", "movement", "at"),
)
# A code itself is not kept: only its keyed hash, so that nobody finds receipts who has a copy of the table.
codes = Table(
    "activity_codes",
    METADATA,
    Column("code_blind", LargeBinary(16), primary_key=True),
    Column("customer", BIG, ForeignKey("customers.number"), nullable=False),
    Column("movement", String(36), nullable=False),
    Column("at", BIG, nullable=False),
)
