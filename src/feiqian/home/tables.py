"""The table of how customers want to see their accounts."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table

from feiqian.db import BIG, METADATA

places = Table(
    "home_places",
    METADATA,
    Column("customer", BIG, ForeignKey("customers.number"), primary_key=True, autoincrement=False),
    Column("name", String(40), primary_key=True),  # "wallet-CNY", or the id of a deposit account
    Column("place", Integer, nullable=False),
    Column("hidden", Boolean, nullable=False),
)
