"""The tables of transfers between people. What was sent is in the journal; here is what leads to it and follows it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, LargeBinary, String, Table

from feiqian.columns import Sealed
from feiqian.db import BIG, METADATA

NOTE = Sealed("transfers_begun/note")
# What a page has asked to confirm, by its challenge, for as long as that may be asked again.
begun = Table(
    "transfers_begun",
    METADATA,
    Column("challenge", String(36), primary_key=True),
    Column("sender", BIG, ForeignKey("customers.number"), nullable=False),
    Column("number", String(64), nullable=False),
    Column("check_id", String(36), nullable=False),
    Column("amount", BIG, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("source", String(36), nullable=False),
    Column("note", NOTE, nullable=False),
    Column("at", BIG, nullable=False, index=True),
    Index("transfers_begun_of", "sender", "at"),
)
# Notes that customers have reported, of transfers and of what stands on them, each once.
reported = Table(
    "transfers_reported",
    METADATA,
    Column("id", String(36), primary_key=True),  # of what it came with; of what came to several, `Written.key`
    Column("by", BIG, ForeignKey("customers.number"), nullable=False),
    Column("case_id", String(36), nullable=False),
    Column("at", BIG, nullable=False),
    Index("transfers_reported_by", "by", "at"),
)
MOBILE = Sealed("transfers_waiting/mobile")
# Money that waits for the registration of a mobile number, by its hold. Written before the hold is made.
waiting = Table(
    "transfers_waiting",
    METADATA,
    Column("transfer", String(32), primary_key=True),  # in hex
    Column("sender", BIG, ForeignKey("customers.number"), nullable=False),
    Column("mobile", MOBILE, nullable=False),
    Column("mobile_blind", LargeBinary, nullable=False),  # as of customers
    Column("at", BIG, nullable=False, index=True),
    Column("told_at", BIG, nullable=False),  # when the number was sent a message; 0: not
    Column("ended", Boolean, nullable=False),
    Index("transfers_waiting_by", "sender", "at"),
    Index("transfers_waiting_for", "mobile_blind", "at"),
)
