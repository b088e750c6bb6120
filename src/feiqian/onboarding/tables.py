"""The table of levels that are being changed."""

from __future__ import annotations

from sqlalchemy import Column, SmallInteger, String, Table

from feiqian.db import BIG, METADATA

# Written before the ledger is told, gone when both agree. `if_verified`: only if what is being checked turns out right.
level_changes = Table(
    "customers_level_changes",
    METADATA,
    Column("customer", BIG, primary_key=True, autoincrement=False),
    Column("level", SmallInteger, nullable=False),
    Column("if_verified", SmallInteger, nullable=False),
    Column("by_role", String(10), nullable=False),
    Column("by_number", BIG, nullable=False),
    Column("created_at", BIG, nullable=False),
)
