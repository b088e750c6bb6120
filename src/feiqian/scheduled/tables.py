"""The table of scheduled transfers. What was transferred is in the journal; here is what is to be."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table

from feiqian.columns import Sealed, Word
from feiqian.db import BIG, METADATA
from feiqian.payees.model import Way
from feiqian.scheduled.model import Rhythm, State

SAID = Sealed("schedules/said")  # all words: what names the payee, and the note
schedules = Table(
    "schedules",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("customer", BIG, ForeignKey("customers.number"), nullable=False),
    Column("challenge", String(36), nullable=False, unique=True),  # by which it was confirmed, or is to be
    Column("check_id", String(36), nullable=False),
    Column("number", String(64), nullable=False),  # the customer's own
    Column("way", Word(Way, 10), nullable=False),
    Column("said", SAID, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("amount", BIG, nullable=False),
    Column("currency", Integer, nullable=False),
    Column("source", String(36), nullable=False),
    Column("rhythm", Word(Rhythm, 10), nullable=False),
    Column("first", Date, nullable=False),
    Column("until", Date),
    Column("next_day", Date),
    Column("next_at", BIG, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("state", Word(State, 10), nullable=False),
    Column("why", String(20), nullable=False),
    Column("proved", LargeBinary, nullable=False),  # sealed: `Verification.keep`
    Column("confirmed_at", BIG, nullable=False),
    Column("at", BIG, nullable=False),
    Index("schedules_of", "customer", "id"),
    Index("schedules_due", "state", "next_at"),
)
