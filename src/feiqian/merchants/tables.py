"""Tables of merchants, their stores and their API keys. Times in Unix microseconds."""

from __future__ import annotations

from sqlalchemy import Column, Connection, ForeignKey, Index, Integer, LargeBinary, String, Table, func, insert, select

from feiqian.columns import SubjectColumns, Words
from feiqian.db import BIG, METADATA
from feiqian.merchants.keys import LONGEST_NAME
from feiqian.merchants.scopes import Scope

MADE_BY, REVOKED_BY = SubjectColumns("made_role", "made_number"), SubjectColumns("revoked_role", "revoked_number")

merchants = Table(
    "merchants",
    METADATA,
    Column("number", BIG, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("currency", Integer, nullable=False),
    Column("fee_basis_points", Integer, nullable=False),
    Column("status", String(16), nullable=False),
)
stores = Table(
    "stores",
    METADATA,
    Column("merchant", BIG, ForeignKey("merchants.number"), primary_key=True),
    Column("code", String(32), primary_key=True),
    Column("name", String(100), nullable=False),
)
keys = Table(
    "api_keys",
    METADATA,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("id", String(36), nullable=False),
    Column("merchant", BIG, ForeignKey("merchants.number"), nullable=False),
    Column("kind", String(4), nullable=False),
    Column("shown", String(16), nullable=False),
    Column("created_at", BIG, nullable=False),
    Column("revoked_at", BIG),
    Column("name", String(LONGEST_NAME), nullable=False),
    Column("scopes", Words(Scope, 200, " "), nullable=False),
    Column("expires_at", BIG, nullable=False),  # 0 if it has no end
    Column("used_at", BIG, nullable=False),  # 0 if it was not used yet
    *MADE_BY.columns(),
    *REVOKED_BY.columns(),  # of nobody while it is honoured
    Index("api_keys_id", "id", unique=True),
    Index("api_keys_merchant", "merchant", "created_at", "id"),
)
_changes = Table("merchant_changes", METADATA, Column("count", BIG, primary_key=True))


def changes(connection: Connection) -> int:
    """How often something was changed that is answered from memory."""
    return int(connection.execute(select(func.coalesce(func.max(_changes.c.count), 0))).scalar_one())


def changed(connection: Connection) -> None:
    """One more change, in the same transaction as the change."""
    count = changes(connection)
    connection.execute(_changes.delete())
    connection.execute(insert(_changes).values(count=count + 1))
