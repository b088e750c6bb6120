"""One at a time: whoever counts and then writes does both before the next one counts."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, func, select


def lock(connection: Connection, name: str) -> None:
    """Holds the lock of this name until the transaction ends.

    In SQLite a transaction that may write is alone already (BEGIN IMMEDIATE); PostgreSQL has advisory locks.
    """
    if connection.dialect.name == "postgresql":
        digest = hashlib.blake2b(name.encode(), digest_size=8, person=b"fq-notify").digest()
        connection.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest, "big", signed=True))))
