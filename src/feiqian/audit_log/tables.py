"""The audit log's tables. Entries are only ever inserted; the head is the one row that moves."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from feiqian.audit_log.entry import unpack_details
from feiqian.columns import SUBJECT, Encoded
from feiqian.db import BIG, METADATA

entries = Table(
    "trail_entries",
    METADATA,
    Column("position", BIG, primary_key=True, autoincrement=False),
    Column("at", BIG, nullable=False),
    *SUBJECT.columns(),
    Column("action", String(40), nullable=False),
    Column("about", String(64), nullable=False),
    Column("details", Encoded[Any](bytes, unpack_details), nullable=False),  # packed by whoever chains it
    Column("hash", LargeBinary(32), nullable=False),
    Index("trail_entries_about", "about", "position"),
    Index("trail_entries_actor", "role", "number", "position"),
)
head = Table(
    "trail_head",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BIG, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)
