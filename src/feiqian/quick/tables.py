"""The table of quick payment: one row for each account whose holder ever opened it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table

from feiqian.columns import Word
from feiqian.db import BIG, METADATA
from feiqian.quick.model import QuickState, Way

services = Table(
    "quick_services",
    METADATA,
    Column("account", String(36), ForeignKey("deposits_accounts.id"), primary_key=True),
    Column("customer", BIG, ForeignKey("customers.number"), nullable=False, index=True),
    Column("state", Word(QuickState, 10), nullable=False),
    Column("pause", String(16), nullable=False),  # a word of `model.Pause`, "" unless it is paused
    Column("way", Word(Way, 10), nullable=False),
    Column("opened_at", BIG, nullable=False),
    Column("changed_at", BIG, nullable=False),
)
