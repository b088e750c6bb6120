"""The audit log's tables. Entries are only ever inserted; the head is the one row that moves."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from feiqian.db import BIG, METADATA

entries = Table(
    "trail_entries",
    METADATA,
    Column("position", BIG, primary_key=True, autoincrement=False),
    Column("at", BIG, nullable=False),
    Column("role", String(10), nullable=False),
    Column("number", BIG, nullable=False),
    Column("action", String(40), nullable=False),
    Column("about", String(64), nullable=False),
    Column("details", LargeBinary, nullable=False),  # canonical MessagePack
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
