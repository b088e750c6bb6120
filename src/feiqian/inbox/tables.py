"""The tables of notices, and of what is wanted of them. What they say of people is sealed."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from feiqian.columns import Sealed, Words
from feiqian.db import BIG, METADATA
from feiqian.inbox.model import Group

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
wishes = Table(
    "inbox_wishes",
    METADATA,
    Column("customer", BIG, ForeignKey("customers.number"), primary_key=True, autoincrement=False),
    Column("quiet_since", Integer),  # minutes of the day; NULL: no quiet hours
    Column("quiet_until", Integer),
    Column("unsent", Words(Group, 60), nullable=False),
)
