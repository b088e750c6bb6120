"""The table of own transfers. Money in minor units; the fact has the rest."""

from __future__ import annotations

from sqlalchemy import Index, MetaData, Table

from feiqian.projections.columns import BY_KEY, STRICT, numbers, octets, words

METADATA = MetaData()

own_transfers = Table(
    "own_transfers",
    METADATA,
    *octets("transfer", key=True),
    *words("id"),
    *numbers("customer", "amount"),
    *words("status"),
    *octets("fact"),
    Index("own_transfers_customer", "customer", "id", unique=True),
    **STRICT,
    **BY_KEY,
)
