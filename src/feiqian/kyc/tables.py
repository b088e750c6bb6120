"""The tables of identities: what customers claim, how it was checked, the pictures. What is personal is sealed."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from feiqian.columns import BY, Sealed
from feiqian.db import BIG, METADATA

CLAIM, PICTURE = Sealed("identity_claims/sealed"), Sealed("identity_documents")
MATCHES, NOTE = Sealed("identity_reviews/matches"), Sealed("identity_reviews/note")
CLEARED = Sealed("identity_clearances/note")

claims = Table(
    "identity_claims",
    METADATA,
    Column("customer", BIG, primary_key=True, autoincrement=False),
    Column("document", LargeBinary(16), nullable=False, index=True),  # blind, of the kind and number
    Column("sealed", CLAIM, nullable=False),
    Column("made_at", BIG, nullable=False),
)

reviews = Table(
    "identity_reviews",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("customer", BIG, nullable=False, index=True),
    Column("document", LargeBinary(16), nullable=False, index=True),  # as in claims
    Column("outcome", String(10), nullable=False),
    Column("reasons", String(200), nullable=False),  # words, with spaces between
    Column("matches", MATCHES, nullable=False),
    Column("images", Integer, nullable=False),
    Column("at", BIG, nullable=False),
    *BY.columns(nullable=True),
    Column("decided_at", BIG, nullable=False),
    Column("note", NOTE, nullable=False),
    Index("identity_reviews_waiting", "outcome", "at"),
)

# Who was the first of two to clear a match with the sanctions list.
clearances = Table(
    "identity_clearances",
    METADATA,
    Column("review", String(36), primary_key=True),
    *BY.columns(),
    Column("at", BIG, nullable=False),
    Column("note", CLEARED, nullable=False),
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
    Column("sealed", PICTURE, nullable=False),
)
