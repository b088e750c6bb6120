"""The table of sources: one row for each place in a customer's order, of one currency."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, SmallInteger, String, Table

from feiqian.db import BIG, METADATA

choices = Table(
    "sources_choices",
    METADATA,
    Column("customer", BIG, ForeignKey("customers.number"), primary_key=True, autoincrement=False),
    Column("currency", Integer, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("account", String(36), nullable=False),  # the id of a deposit account, or "wallet"
    Column("falls_through", SmallInteger, nullable=False),  # 1: the next is asked when this one holds too little
)
