"""The tables of sessions and of the devices that they were opened on. Hashes of tokens, never tokens."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, String, Table

from feiqian.columns import SUBJECT, Words
from feiqian.db import BIG, METADATA
from feiqian.policy.factors import Factor

sessions = Table(
    "sessions_sessions",
    METADATA,
    Column("id", String(36), primary_key=True),
    *SUBJECT.columns(),
    Column("token_hash", LargeBinary(32), unique=True),  # null once it has ended
    Column("device", String(36)),
    Column("factors", Words(Factor, 100), nullable=False),
    Column("created_at", BIG, nullable=False),
    Column("seen_at", BIG, nullable=False),
    Column("expires_at", BIG, nullable=False, index=True),
    Column("user_agent", String(40), nullable=False),
    Column("language", String(8), nullable=False),
    Column("ended_at", BIG, nullable=False),  # 0 while it has not
    Column("ended_by", String(40), nullable=False),
    Index("sessions_of_subject", "role", "number", "created_at"),
    Index("sessions_to_end", "ended_at", "expires_at"),
)
devices = Table(
    "sessions_devices",
    METADATA,
    Column("id", String(36), primary_key=True),
    *SUBJECT.columns(),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("label", String(40), nullable=False),
    Column("first_at", BIG, nullable=False),
    Column("seen_at", BIG, nullable=False, index=True),
    Index("devices_by_use", "role", "number", "seen_at"),
)
