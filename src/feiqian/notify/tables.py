"""The tables of notify. Addresses and texts are sealed or blinded. What is to be sent is in the outbox."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, String, Table

from feiqian.columns import SUBJECT, Sealed, Word
from feiqian.db import BIG, METADATA
from feiqian.notify.model import Channel

RECEIVED = Sealed("notify_inbox/sealed")
codes = Table(
    "notify_codes",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("address", LargeBinary(16), nullable=False),  # blinded
    Column("prefix", String(16), nullable=False),
    Column("country", String(8), nullable=False),
    Column("audience", String(8), nullable=False),
    Column("sent_at", BIG, nullable=False),
    Column("entered_at", BIG, nullable=False),  # 0 while it is not; -1: nothing to enter was in it
    Index("notify_codes_of_address", "address", "sent_at"),
    Index("notify_codes_of_prefix", "prefix", "sent_at"),
    Index("notify_codes_of_country", "country", "sent_at"),
    Index("notify_codes_sent", "sent_at"),
)
inbox = Table(
    "notify_inbox",
    METADATA,
    Column("id", String(36), primary_key=True),
    *SUBJECT.columns(),
    Column("channel", Word(Channel, 8), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("language", String(8), nullable=False),
    Column("sealed", RECEIVED, nullable=False),  # address, subject line, text
    Column("at", BIG, nullable=False),
    Index("notify_inbox_of_subject", "role", "number", "id"),
)
