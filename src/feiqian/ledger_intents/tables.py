"""The table of what is about to be done in the ledger. A row is gone once the bank's database says that it was done."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, UniqueConstraint

from feiqian.db import BIG, METADATA
from feiqian.ledger_intents.model import MAX_PAYLOAD, MAX_SUBJECT

ledger_intents = Table(
    "ledger_intents",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("subject", String(MAX_SUBJECT), nullable=False),
    Column("payload", String(MAX_PAYLOAD), nullable=False),  # JSON
    Column("created_at", BIG, nullable=False),
    UniqueConstraint("kind", "subject"),
)
