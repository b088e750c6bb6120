"""The tables of quick payment. Account numbers are in none of them: only keyed hashes, and four digits."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, String, Table

from feiqian.columns import Word
from feiqian.db import BIG, METADATA
from feiqian.quick.model import QuickState, Way

# One row for each account whose holder ever opened it.
services = Table(
    "quick_services",
    METADATA,
    Column("account", String(36), ForeignKey("deposits_accounts.id"), primary_key=True),
    Column("customer", BIG, ForeignKey("customers.number"), nullable=False, index=True),
    Column("state", Word(QuickState, 10), nullable=False),
    Column("pause", String(16), nullable=False),  # a word of `model.Pause`, "" unless it is paused
    Column("way", Word(Way, 10), nullable=False),
    Column("opened_at", BIG, nullable=False),
    Column("changed_at", BIG, nullable=False),
)
# One row for each browser that remembers an account.
remembered = Table(
    "quick_remembered",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("payment", String(36), nullable=False, unique=True),  # the quick payment that proved whose browser it is
    Column("account", String(36), ForeignKey("deposits_accounts.id"), nullable=False, index=True),
    Column("customer", BIG, ForeignKey("customers.number"), nullable=False, index=True),
    Column("mobile", LargeBinary(16), nullable=False),  # keyed: the number that the code went to
    Column("label", String(40), nullable=False),
    Column("created_at", BIG, nullable=False),
    Column("used_at", BIG, nullable=False),
    Column("ends_at", BIG, nullable=False, index=True),
)
# What somebody who is not signed in has asked for in the last day, whether the account is known or not.
asked = Table(
    "quick_asked",
    METADATA,
    Column("challenge", String(36), primary_key=True),
    Column("act", String(10), nullable=False),
    Column("account", LargeBinary(16), nullable=False),  # `Deposits.number_blind` of what was typed
    Column("ending", String(4), nullable=False),
    Column("network", LargeBinary(16), nullable=False),
    Column("at", BIG, nullable=False, index=True),
    Index("quick_asked_of_account", "account", "at"),
    Index("quick_asked_from", "network", "at"),
)
