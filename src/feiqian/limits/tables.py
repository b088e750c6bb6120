"""The table of limits that customers have set for themselves."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from feiqian.columns import Word
from feiqian.db import BIG, METADATA
from feiqian.policy.scopes import Scope, Span

own_limits = Table(
    "limits_own",
    METADATA,
    Column("customer", BIG, ForeignKey("customers.number"), primary_key=True),
    Column("currency", Integer, primary_key=True),
    Column("scope", Word(Scope, 10), primary_key=True),
    Column("span", Word(Span, 10), primary_key=True),
    Column("cap", BIG, nullable=False),  # minor units
    Column("next_cap", BIG),  # what it will be at `next_at`; NULL: no limit of their own any more
    Column("next_at", BIG, nullable=False),  # Unix microseconds; 0: nothing waits
    Index("limits_own_due", "next_at"),
)
