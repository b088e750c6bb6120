"""The table of statements that were given out, so that whoever is shown one can check it. Money in minor units."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from feiqian.db import BIG, METADATA

# A code itself is not kept: only its keyed hash, so that nobody finds statements who has a copy of the table.
given = Table(
    "statements_given",
    METADATA,
    Column("code_blind", LargeBinary(16), primary_key=True),
    Column("customer", BIG, ForeignKey("customers.number"), nullable=False),
    Column("account", String(36), nullable=False),  # its id, or "wallet"
    Column("last_four", String(4), nullable=False),  # of its number; "" of a wallet
    Column("currency", Integer, nullable=False),
    Column("first", String(10), nullable=False),
    Column("last", String(10), nullable=False),
    Column("provisional", Integer, nullable=False),
    Column("opening", BIG, nullable=False),
    Column("closing", BIG, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("made_at", BIG, nullable=False),
    Index("statements_given_customer", "customer", "made_at"),
)
