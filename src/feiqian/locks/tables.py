"""The table of money locks. What is locked is in the ledger; here is who locked it, and when it opens."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from feiqian.columns import Word
from feiqian.db import BIG, METADATA
from feiqian.locks.model import LockState

money_locks = Table(
    "money_locks",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("customer", BIG, ForeignKey("customers.number"), nullable=False),
    Column("account", String(36), nullable=False),  # the id of a deposit account; "": the wallet
    Column("currency", Integer, nullable=False),
    Column("amount", BIG, nullable=False),
    Column("state", Word(LockState, 10), nullable=False),
    Column("ledger_id", LargeBinary(16), nullable=False),
    Column("reference", String(64), nullable=False),  # whoever asked gave it: the same again is the same lock
    Column("locked_at", BIG, nullable=False),
    Column("opens_at", BIG, nullable=False),
    Column("opened_at", BIG, nullable=False),
    UniqueConstraint("customer", "reference", name="money_locks_reference"),
    Index("money_locks_due", "state", "opens_at"),
)
