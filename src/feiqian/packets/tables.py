"""The table of red packets: what is needed to take from one, and to return the rest. What was decided is in the
journal; a row without money in the ledger is of a packet that was never made."""

from __future__ import annotations

import msgspec
from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from feiqian.columns import Encoded, Sealed
from feiqian.db import BIG, METADATA
from feiqian.money import MinorUnits

NOTE = Sealed("red_packets_begun/note")
_shares: Encoded[tuple[MinorUnits, ...]] = Encoded(
    msgspec.msgpack.encode, msgspec.msgpack.Decoder(tuple[MinorUnits, ...]).decode
)

packets = Table(
    "red_packets",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("sender", BIG, ForeignKey("customers.number"), nullable=False),
    Column("receiver", BIG, nullable=False),  # 0: whoever has the link
    Column("currency", Integer, nullable=False),
    Column("debit", LargeBinary, nullable=False),  # an account in the ledger
    Column("shares", _shares, nullable=False),  # minor units
    Column("ends_at", BIG, nullable=False),  # Unix microseconds
    Column("look_at", BIG),  # when to return the rest; NULL: nothing is in it any more
    Index("red_packets_due", "look_at"),
    Index("red_packets_ended", "ends_at"),
)
# What a page has asked to confirm, by its challenge, for as long as that may be asked again.
begun = Table(
    "red_packets_begun",
    METADATA,
    Column("challenge", String(36), primary_key=True),
    Column("sender", BIG, ForeignKey("customers.number"), nullable=False),
    Column("number", String(64), nullable=False),
    Column("amount", BIG, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("shares", Integer, nullable=False),
    Column("mode", String(10), nullable=False),
    Column("check_id", String(36), nullable=False),
    Column("source", String(36), nullable=False),
    Column("note", NOTE, nullable=False),
    Column("at", BIG, nullable=False, index=True),
    Index("red_packets_begun_of", "sender", "at"),
)
