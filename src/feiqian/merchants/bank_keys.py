"""API keys of the bank's own systems: made and revoked by `feiqian keys bank`, asked in the database at each request.

A key has 256 random bits and is shown once; only its hash is kept. Making and revoking one is in the audit log, with
the first letters alone. Methods with a connection block.
"""

from __future__ import annotations

import re
import secrets
from typing import NamedTuple

from sqlalchemy import Column, Connection, LargeBinary, String, Table, insert, select, update

from feiqian.audit_log.log import AuditLog
from feiqian.db import BIG, METADATA
from feiqian.merchants.keys import Kind, hash_of
from feiqian.subjects import staff

ABOUT = "bank_keys"  # in the audit log
OPERATOR = staff(0)  # alone makes keys, with the machine in hand
SHOWN = 17  # letters of a key that are kept, to tell keys apart: fq_bank_live_ and four more
_SHAPE = re.compile(r"fq_bank_(live|test)_[A-Za-z0-9_-]{43}", re.ASCII)
_keys = Table(
    "bank_keys",
    METADATA,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("kind", String(4), nullable=False),
    Column("shown", String(20), nullable=False),
    Column("created_at", BIG, nullable=False),
    Column("revoked_at", BIG),
)
_c = _keys.c
audit_log = AuditLog()


class BankKeyInfo(NamedTuple):
    """A key as it is listed: the first letters only. Times in Unix microseconds."""

    shown: str
    kind: str
    created_at: int
    revoked_at: int | None


def kind_of(key: str) -> str | None:
    """live or test; None for what has not the shape of such a key."""
    match = _SHAPE.fullmatch(key)
    return match[1] if match else None


def create(connection: Connection, kind: Kind, now: int) -> str:
    """A new key, returned this once."""
    key = f"fq_bank_{kind}_{secrets.token_urlsafe(32)}"
    row = {"hash": hash_of(key), "kind": kind, "shown": key[:SHOWN], "created_at": now}
    connection.execute(insert(_keys).values(row))
    audit_log.append(connection, OPERATOR, "bank_key_made", ABOUT, {"key": row["shown"], "mode": kind}, now)
    return key


def find(connection: Connection, key: str) -> bool:
    """Whether this is a key that was not revoked."""
    live = select(_c.hash).where(_c.hash == hash_of(key), _c.revoked_at.is_(None))
    return connection.execute(live).first() is not None


def listed(connection: Connection) -> list[BankKeyInfo]:
    """All of them, revoked ones too, the oldest first."""
    columns = [_c[name] for name in BankKeyInfo._fields]
    return [BankKeyInfo(*row) for row in connection.execute(select(*columns).order_by(_c.created_at))]


def revoke(connection: Connection, shown: str, now: int) -> int:
    """Revokes the keys that begin so; returns how many there were."""
    these = (_c.shown == shown[:SHOWN]) & _c.revoked_at.is_(None)
    revoked = int(connection.execute(update(_keys).where(these).values(revoked_at=now)).rowcount)
    if revoked:
        audit_log.append(connection, OPERATOR, "bank_key_revoked", ABOUT, {"key": shown[:SHOWN]}, now)
    return revoked
