"""The tables of cases. What people wrote is sealed."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from feiqian.db import BIG, METADATA

cases = Table(
    "cases_cases",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("customer", BIG, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("state", String(8), nullable=False),
    Column("opened_at", BIG, nullable=False),
    Index("cases_cases_customer", "customer", "opened_at"),
    Index("cases_cases_waiting", "state", "opened_at"),
)
lines = Table(
    "cases_lines",
    METADATA,
    Column("case_id", String(36), ForeignKey("cases_cases.id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("at", BIG, nullable=False),
    Column("role", String(10), nullable=False),
    Column("number", BIG, nullable=False),
    Column("what", String(8), nullable=False),
    Column("text", LargeBinary, nullable=False),
)
