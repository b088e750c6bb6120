"""The tables of asking for money. What people wrote and typed is sealed; which money moved is in the journal."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from feiqian.columns import Sealed, Word
from feiqian.db import BIG, METADATA
from feiqian.requests.model import LONGEST_NUMBER, How, RequestStatus

NOTE, LABEL = Sealed("money_requests/note"), Sealed("money_requests/label")
requests = Table(
    "money_requests",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("asker", BIG, ForeignKey("customers.number"), nullable=False),
    Column(
        "number", String(LONGEST_NUMBER + 16), nullable=False
    ),  # the asker's own; of a part, its split's id and place
    Column("asked", BIG, nullable=False),  # 0: nobody
    Column("person", LargeBinary(16), nullable=False),  # keyed: what was given
    Column("amount", BIG, nullable=False),
    Column("currency", Integer, nullable=False),
    Column("status", Word(RequestStatus, 10), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("transfer", String(36), nullable=False, index=True),
    Column("split", String(36), nullable=False, index=True),
    Column("note", NOTE, nullable=False),
    Column("label", LABEL, nullable=False),
    Column("asked_at", BIG, nullable=False),
    Column("ends_at", BIG, nullable=False),
    Column("ended_at", BIG, nullable=False),  # 0: not yet
    Column("reminded_at", BIG, nullable=False),
    Column("case_id", String(36), nullable=False),  # of what was reported of it
    Column("reported_at", BIG, nullable=False),
    UniqueConstraint("asker", "number", name="money_requests_number"),
    Index("money_requests_asked", "asked", "id"),
    Index("money_requests_asker", "asker", "id"),
    Index("money_requests_ends", "status", "ends_at"),
)
# Whom somebody does not want to be asked by.
blocks = Table(
    "money_request_blocks",
    METADATA,
    Column("customer", BIG, ForeignKey("customers.number"), primary_key=True, autoincrement=False),
    Column("asker", BIG, ForeignKey("customers.number"), primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False),  # the request over which it was
    Column("at", BIG, nullable=False),
)
SPLIT_NOTE = Sealed("money_splits/note")
splits = Table(
    "money_splits",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("owner", BIG, ForeignKey("customers.number"), nullable=False),
    Column("number", String(LONGEST_NUMBER), nullable=False),
    Column("asked", LargeBinary(16), nullable=False),  # keyed: all that was asked for, to know it again
    Column("total", BIG, nullable=False),
    Column("mine", BIG, nullable=False),  # the owner's own part; 0: none
    Column("currency", Integer, nullable=False),
    Column("how", Word(How, 10), nullable=False),
    Column("note", SPLIT_NOTE, nullable=False),
    Column("at", BIG, nullable=False, index=True),
    UniqueConstraint("owner", "number", name="money_splits_number"),
    Index("money_splits_owner", "owner", "id"),
)
# Codes that were shown to be paid by.
codes = Table(
    "receive_codes",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("customer", BIG, ForeignKey("customers.number"), nullable=False),
    Column("amount", BIG, nullable=False),  # 0: whoever pays says it
    Column("currency", Integer, nullable=False),
    Column("at", BIG, nullable=False, index=True),
    Index("receive_codes_customer", "customer", "at"),
)
