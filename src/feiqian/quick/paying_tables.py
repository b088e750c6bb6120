"""The table of quick payments that were begun. What became of one that was confirmed, the ledger says."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Column, Index, Integer, LargeBinary, SmallInteger, String, Table, func, select

from feiqian.columns import SUBJECT, Word
from feiqian.db import BIG, METADATA


class Stage(StrEnum):
    """How far a quick payment is."""

    BEGUN = "begun"
    PROVED = "proved"  # its challenge is spent: the ledger is asked, or was


quick_payments = Table(
    "quick_payments",
    METADATA,
    Column("id", String(36), primary_key=True),
    *SUBJECT.columns(),  # a customer, or nobody for a number that is no customer's
    Column("accounts", String(760), nullable=False),  # ids of those that are meant: one, several, or none
    Column("merchant", BIG, nullable=False),
    Column("amount", BIG, nullable=False),
    Column("currency", Integer, nullable=False),
    Column("reference", String(27), nullable=False),
    Column("description", String(140), nullable=False),
    Column("once_until", BIG, nullable=False),  # Unix seconds; 0: the reference may be paid again
    Column("stage", Word(Stage, 8), nullable=False),
    Column("challenge", String(36), nullable=False),  # that was spent
    Column("proved_at", BIG, nullable=False),
    Column("choices", SmallInteger, nullable=False),  # tries to say which of several accounts
    Column("network", LargeBinary(16), nullable=False),  # keyed: who asked
    Column("named", LargeBinary(16), nullable=False),  # keyed: the number and what was given for the account
    Column("counted", SmallInteger, nullable=False),  # as a try to find an account, and whose
    Column("created_at", BIG, nullable=False, index=True),
    Index("quick_payments_of", "role", "number", "created_at"),
    Index("quick_payments_from", "network", "created_at"),
    Index("quick_payments_named", "named", "created_at"),
)

paid_orders = Table(
    "quick_payment_orders",
    METADATA,
    Column("id", String(36), primary_key=True),  # of the quick payment
    Column("order_id", String(36), nullable=False),  # that is paid with it
)
_of_one = select(paid_orders.c.order_id).where(paid_orders.c.id == quick_payments.c.id).scalar_subquery()
WITH_ORDER = select(quick_payments, func.coalesce(_of_one, "").label("order_id"))
