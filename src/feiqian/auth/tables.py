"""The tables of those who sign in, recover, or report a lost phone."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, SmallInteger, String, Table

from feiqian.columns import SUBJECT, Words
from feiqian.db import BIG, METADATA, index_of_few
from feiqian.policy.factors import Factor

# Whose challenge it is, of those who are not signed in.
doors = Table(
    "customers_doors",
    METADATA,
    Column("challenge", String(36), primary_key=True),
    Column("kind", String(10), nullable=False),  # sign_in, password, pin
    *SUBJECT.columns(),
    Column("language", String(8), nullable=False),
    Column("created_at", BIG, nullable=False, index=True),
)

sign_ins = Table(
    "customers_sign_ins",
    METADATA,
    Column("id", Integer, primary_key=True),
    *SUBJECT.columns(),
    Column("at", BIG, nullable=False),
    Column("outcome", String(10), nullable=False),  # ok, wrong, locked
    Column("user_agent", String(100), nullable=False),
    Column("factors", Words(Factor, 80), nullable=False),
    Column("new_device", SmallInteger, nullable=False),
    Index("customers_sign_ins_of", "role", "number", "id"),
)

# Phones reported as lost by somebody who is not signed in. Nothing that was typed is kept.
reports = Table(
    "customers_reports",
    METADATA,
    Column("id", String(36), primary_key=True),
    *SUBJECT.columns(),  # a customer, or nobody for a number that is no customer's
    Column("network", LargeBinary(16), nullable=False),
    Column("outcome", String(10), nullable=False),  # right, wrong, or capped: right, and too many in a day
    Column("at", BIG, nullable=False, index=True),
    Column("done_at", BIG, nullable=False),  # 0: to be carried out
    Index("customers_reports_of", "role", "number", "at"),
    Index("customers_reports_from", "network", "at"),
    index_of_few("customers_reports_waiting", "done_at", "done_at = 0"),
)

# Numbers that telephone companies have given to somebody else, as they were imported, until they are taken in.
reassigned = Table(
    "customers_reassigned",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("mobile_blind", LargeBinary(16), nullable=False),
    Column("day", Integer, nullable=False),  # on which it was given, yyyymmdd of the bank
)
