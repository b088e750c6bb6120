"""What revisions are made of. Each step passes over what is done already.

A table can be missing, because whoever opened the database last did not know of it: it is made afterwards, as it is
today. A column can be there, or gone, already, because `bank_schema` was set back meanwhile.
"""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import Column, inspect


def has_table(table: str) -> bool:
    """Tell whether the table is there."""
    return inspect(op.get_bind()).has_table(table)


def add_column(table: str, column: Column[Any]) -> None:
    """Add the column, which needs a server default, unless the table is missing or has it."""
    if has_table(table) and not _has_column(table, column.name):
        op.add_column(table, column)


def drop_column(table: str, name: str) -> None:
    """Drop the column, unless the table is missing or has none of that name."""
    if has_table(table) and _has_column(table, name):
        op.drop_column(table, name)


def add_index(table: str, name: str, *columns: str, unique: bool = False) -> None:
    """Add the index, unless the table is missing or has it."""
    if has_table(table) and not _has_index(table, name):
        op.create_index(name, table, list(columns), unique=unique)


def drop_index(table: str, name: str) -> None:
    """Drop the index, unless the table is missing or has none of that name."""
    if has_table(table) and _has_index(table, name):
        op.drop_index(name, table)


def _has_column(table: str, name: str) -> bool:
    return any(column["name"] == name for column in inspect(op.get_bind()).get_columns(table))


def _has_index(table: str, name: str) -> bool:
    return any(index["name"] == name for index in inspect(op.get_bind()).get_indexes(table))
