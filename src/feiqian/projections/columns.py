"""Columns and indexes as the tables of read models have them, in both databases. Order them as rows are added."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Index, LargeBinary, Text, text

from feiqian.db import BIG

STRICT: dict[str, Any] = {"sqlite_strict": True}  # where SQL adds up: else SQLite makes too large a sum a float
BY_KEY: dict[str, Any] = {"sqlite_with_rowid": False}  # the rows lie in the order of their key


def numbers(*names: str, key: bool = False, null: bool = False) -> list[Column[int]]:
    """Columns of 64 bits; `key`: of the primary key."""
    return [Column(name, BIG, primary_key=key, nullable=null, autoincrement=False) for name in names]


def words(*names: str, key: bool = False, null: bool = False) -> list[Column[str]]:
    return [Column(name, Text, primary_key=key, nullable=null) for name in names]


def octets(*names: str, key: bool = False, unique: bool = False, null: bool = False) -> list[Column[bytes]]:
    return [Column(name, LargeBinary, primary_key=key, nullable=null, unique=unique or None) for name in names]


def few(name: str, condition: str, *columns: str) -> Index:
    """An index of just those rows; a query uses it where it states the condition in the same words."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))
