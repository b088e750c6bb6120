"""What payments that wait were when they were decided: for whoever tells of their end, in the bank's database."""

from __future__ import annotations

from sqlalchemy import Column, Connection, LargeBinary, String, Table, delete, insert, select

from feiqian.clock import DAY
from feiqian.db import BIG, METADATA
from feiqian.events import PaymentDecided, decode_fact, encode_fact

KEEP = 7 * DAY  # after their time: their ends may be told late

_waiting = Table(
    "payments_waiting",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("fact", LargeBinary, nullable=False),
    Column("keep_until", BIG, nullable=False, index=True),
)
_c = _waiting.c


def keep(connection: Connection, payment: PaymentDecided) -> None:
    """Keeps it until its end is told; drops what was kept long enough."""
    connection.execute(delete(_waiting).where(_c.keep_until <= payment.created_at))
    if connection.execute(select(_c.id).where(_c.id == payment.id)).first() is None:
        values = {"id": payment.id, "fact": encode_fact(payment), "keep_until": payment.expires_at + KEEP}
        connection.execute(insert(_waiting).values(values))


def kept(connection: Connection, id: str) -> PaymentDecided:
    """Raises LookupError for one that is not kept."""
    fact = connection.execute(select(_c.fact).where(_c.id == id)).scalar()
    found = None if fact is None else decode_fact(bytes(fact))
    if not isinstance(found, PaymentDecided):
        raise LookupError(f"{id} is not kept")
    return found
