"""The tables of cases. What people wrote is sealed."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from feiqian.cases.model import Kind, State, What
from feiqian.columns import SUBJECT, Sealed, Word
from feiqian.db import BIG, METADATA

cases = Table(
    "cases_cases",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("customer", BIG, nullable=False),
    Column("kind", Word(Kind, 16), nullable=False),
    Column("state", Word(State, 8), nullable=False),
    Column("opened_at", BIG, nullable=False),
    Index("cases_cases_customer", "customer", "opened_at"),
    Index("cases_cases_waiting", "state", "opened_at"),
)
TEXT = Sealed("cases_lines/text")
lines = Table(
    "cases_lines",
    METADATA,
    Column("case_id", String(36), ForeignKey("cases_cases.id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("at", BIG, nullable=False),
    *SUBJECT.columns(),
    Column("what", Word(What, 8), nullable=False),
    Column("text", TEXT, nullable=False),
)
