"""The tables of the outbox. What is sent is sealed; a row that was sent or has expired holds nothing of it."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from feiqian.columns import Sealed, Word
from feiqian.db import BIG, METADATA
from feiqian.outbox.model import State

PAYLOAD = Sealed("notify_outbox/sealed")  # as the table of messages was named until version 7
deliveries = Table(
    "outbox_deliveries",
    METADATA,
    Column("sequence", BIG, primary_key=True, autoincrement=True),  # the order in which a receiver's arrive
    Column("id", String(36), nullable=False, unique=True),
    Column("once", String(32), unique=True),  # a digest of what it is derived from; null: of nothing
    Column("topic", String(20), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("receiver", String(80), nullable=False),
    Column("about", String(64), nullable=False),
    Column("headers", String(500), nullable=False),  # JSON
    Column("sealed", PAYLOAD),  # null once it is done, or is dead and has expired
    Column("state", Word(State, 8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BIG, nullable=False),
    Column("created_at", BIG, nullable=False),
    Column("expires_at", BIG, nullable=False),
    Column("done_at", BIG, nullable=False),  # 0 while it is queued
    Column("keep_until", BIG, nullable=False),  # 0 while it is queued
    Column("why", String(60), nullable=False),  # "": it has not failed, or is being tried again
    Column("lane", String(40)),  # null in a topic without lanes
    Index("outbox_of_receiver", "topic", "state", "receiver", "sequence"),
    Index("outbox_expiring", "topic", "state", "expires_at"),
    Index("outbox_about", "about", "created_at"),
    Index("outbox_done", "keep_until"),
    Index("outbox_lanes", "topic", "state", "lane", "next_at"),
    Index("outbox_of_lane", "lane", "sequence"),
)
journal_position = Table(
    "outbox_journal_position",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1
    Column("position", BIG, nullable=False),  # up to here everything of the journal is in `outbox_deliveries`
    Column("hash", LargeBinary(32), nullable=False),  # of that row
)
