"""The table of checks: what senders have asked of whom in the last day. Numbers and names are sealed."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from feiqian.columns import Sealed, Word
from feiqian.db import BIG, METADATA
from feiqian.payees.model import NameCheck, Way

TEXT, TYPED = Sealed("payee_checks/text"), Sealed("payee_checks/typed")
checks = Table(
    "payee_checks",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("sender", BIG, ForeignKey("customers.number"), nullable=False),
    Column("way", Word(Way, 10), nullable=False),
    Column("text", TEXT, nullable=False),  # what was given: a mobile number, an account's number
    Column("typed", TYPED, nullable=False),  # the name that was given
    Column("name", LargeBinary(16), nullable=False),  # keyed: the payee's name as it was
    Column("receiver", BIG, nullable=False),  # 0: nobody
    Column("account", LargeBinary(16), nullable=False),  # the ledger's; empty: the wallet
    Column("currency", Integer, nullable=False),
    Column("outcome", Word(NameCheck, 16), nullable=False),
    Column("at", BIG, nullable=False, index=True),
    Index("payee_checks_of", "sender", "at"),
)
# Every alias that customers are or were paid by. What all that look like it have in common is its key.
aliases = Table(
    "payee_aliases",
    METADATA,
    Column("blind", LargeBinary(16), primary_key=True),
    Column("alias", String(20), nullable=False),  # as it was chosen
    Column("customer", BIG, ForeignKey("customers.number"), nullable=False, index=True),
    Column("used", Integer, nullable=False),  # 1: it names the customer now
    Column("at", BIG, nullable=False),
)
# When a customer has tried to choose one; those of the last 24 hours.
alias_tries = Table(
    "payee_alias_tries",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("customer", BIG, nullable=False, index=True),
    Column("at", BIG, nullable=False),
)
