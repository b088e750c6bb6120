"""The tables of identities: what customers claim, how it was checked, the pictures. What is personal is sealed."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, String, Table

from feiqian.db import BIG, METADATA

claims = Table(
    "identity_claims",
    METADATA,
    Column("customer", BIG, primary_key=True, autoincrement=False),
    Column("document", LargeBinary(16), nullable=False, index=True),  # blind, of the kind and number
    Column("sealed", LargeBinary, nullable=False),
    Column("made_at", BIG, nullable=False),
)

reviews = Table(
    "identity_reviews",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("customer", BIG, nullable=False, index=True),
    Column("document", LargeBinary(16), nullable=False, index=True),  # as in claims
    Column("outcome", String(10), nullable=False, index=True),
    Column("reasons", String(200), nullable=False),  # words, with spaces between
    Column("matches", LargeBinary, nullable=False),  # sealed
    Column("images", Integer, nullable=False),
    Column("at", BIG, nullable=False),
    Column("by_role", String(10)),
    Column("by_number", BIG),
    Column("decided_at", BIG, nullable=False),
    Column("note", LargeBinary, nullable=False),  # sealed
)

# Who was the first of two to clear a match with the sanctions list.
clearances = Table(
    "identity_clearances",
    METADATA,
    Column("review", String(36), primary_key=True),
    Column("by_role", String(10), nullable=False),
    Column("by_number", BIG, nullable=False),
    Column("at", BIG, nullable=False),
    Column("note", LargeBinary, nullable=False),  # sealed
)

# Whose document it is, from when somebody was verified with it.
holders = Table(
    "identity_holders",
    METADATA,
    Column("document", LargeBinary(16), primary_key=True),
    Column("customer", BIG, nullable=False, index=True),
)

documents = Table(
    "identity_documents",
    METADATA,
    Column("review", String(36), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)
