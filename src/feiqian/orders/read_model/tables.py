"""The tables of orders. Money in minor units, times in Unix microseconds; the fact has the rest."""

from __future__ import annotations

from sqlalchemy import Index, MetaData, Table

from feiqian.projections.columns import BY_KEY, STRICT, few, numbers, octets, words

METADATA = MetaData()
UNENDED = "status IN ('open', 'authorised')"

orders = Table(
    "orders",
    METADATA,
    *words("id", key=True),
    *octets("hold", unique=True),
    *numbers("merchant"),
    *words("merchant_order", "status"),
    *numbers("version", "amount", "paid", "refunded", "created_at"),
    *octets("fact"),
    Index("orders_merchant", "merchant", "id"),
    few("orders_unended", UNENDED, "id"),
    **STRICT,
    **BY_KEY,
)

order_events = Table(
    "order_events",
    METADATA,
    *words("order_id", key=True),
    *numbers("version", key=True),
    *words("event"),
    *numbers("at"),
    **STRICT,
    **BY_KEY,
)

order_keys = Table(
    "order_keys",
    METADATA,
    *numbers("merchant", key=True),
    *words("key", key=True),
    *words("order_id"),
    **STRICT,
    **BY_KEY,
)
