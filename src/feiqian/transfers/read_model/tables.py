"""The tables of transfers between people. Money in minor units; the fact has the rest."""

from __future__ import annotations

from sqlalchemy import Index, MetaData, Table

from feiqian.projections.columns import BY_KEY, STRICT, few, numbers, octets, words

METADATA = MetaData()
UNMOVED = "unmoved = 1"
UNENDED = "status IN ('held', 'waiting')"

transfers = Table(
    "person_transfers",
    METADATA,
    *numbers("no", key=True),  # from 1 on, in the journal's order
    *numbers("position"),  # of the journal row that decided it
    *words("id"),
    *octets("transfer", unique=True),
    *octets("moved", unique=True, null=True),  # the ledger's transfer that has moved the money; none: it did not move
    *numbers("sender", "receiver", "amount"),
    *words("status"),
    *numbers("ended_at"),  # 0: it was decided at once, or is held still
    *octets("fact"),
    Index("person_transfers_id", "id", unique=True),
    Index("person_transfers_between", "sender", "receiver", "status"),
    few("person_transfers_unended", UNENDED, "no"),
    **STRICT,
)
# One row for each side that may see it.
sides = Table(
    "person_transfer_sides",
    METADATA,
    *numbers("customer", "no", key=True),
    *numbers("position"),
    *numbers("unmoved"),  # 1: no entry of the customer's accounts tells of it
    few("person_transfer_sides_unmoved", UNMOVED, "customer", "position", "no"),
    **STRICT,
    **BY_KEY,
)
