"""The tables of deposit accounts. Numbers are sealed; accounts are found by keyed hashes of number and alias."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, UniqueConstraint

from feiqian.columns import Sealed, Word
from feiqian.db import BIG, METADATA
from feiqian.deposits.model import AccountState

NUMBER = Sealed("deposits_accounts/number")
accounts = Table(
    "deposits_accounts",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("customer", BIG, ForeignKey("customers.number"), nullable=False),
    Column("currency", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Column("product", String(16), nullable=False),
    Column("state", Word(AccountState, 10), nullable=False),
    Column("number", NUMBER, nullable=False),
    Column("number_blind", LargeBinary(16), nullable=False, unique=True),
    Column("six_blind", LargeBinary(16), nullable=False, index=True),  # of the holder and the last six digits
    Column("last_four", String(4), nullable=False),
    Column("alias", String(20), nullable=False),  # as it was chosen
    Column("alias_blind", LargeBinary(16), unique=True),  # of what confusable aliases share; NULL: no alias
    Column("reference", String(80), unique=True),  # under which its opening was asked for, once; NULL: none
    Column("opened_at", BIG, nullable=False),
    Column("closed_at", BIG, nullable=False),
    UniqueConstraint("customer", "currency", "place", name="deposits_accounts_place"),
)
# When a customer has tried to choose an alias; those of the last 24 hours.
alias_tries = Table(
    "deposits_alias_tries",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("customer", BIG, nullable=False, index=True),
    Column("at", BIG, nullable=False),
)
