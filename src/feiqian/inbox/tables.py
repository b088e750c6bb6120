"""The table of notices. What they say of people is sealed."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, UniqueConstraint

from feiqian.columns import Sealed
from feiqian.db import BIG, METADATA

KIND_LENGTH, PATH_LENGTH, ONCE_LENGTH = 32, 160, 120
VALUES = Sealed("inbox_notices/said")

notices = Table(
    "inbox_notices",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("customer", BIG, nullable=False),
    Column("kind", String(KIND_LENGTH), nullable=False),
    Column("said", VALUES, nullable=False),
    Column("path", String(PATH_LENGTH), nullable=False),
    Column("once", String(ONCE_LENGTH), nullable=False),  # what it is derived from; its own id, if from nothing
    Column("at", BIG, nullable=False),
    Column("read_at", BIG, nullable=False),  # 0: not yet
    Index("inbox_notices_customer", "customer", "id"),
    UniqueConstraint("customer", "once", name="inbox_notices_once"),
)
