"""The tables of red packets. Money in minor units; the fact has the rest."""

from __future__ import annotations

from sqlalchemy import Index, MetaData, Table

from feiqian.projections.columns import BY_KEY, STRICT, few, numbers, octets, words

METADATA = MetaData()
UNMOVED = "unmoved = 1"

packets = Table(
    "packets",
    METADATA,
    *numbers("no", key=True),  # from 1 on, in the journal's order
    *numbers("position"),  # of the journal row that made it
    *words("id"),
    *octets("transfer", unique=True),
    *octets("back", unique=True, null=True),  # the transfer of what returned; none: nothing has
    *numbers("sender", "receiver", "amount", "currency"),
    *numbers("taken", "given", "returned"),  # shares, and money
    *words("status"),
    *octets("fact"),
    Index("packets_id", "id", unique=True),
    **STRICT,
)
takes = Table(
    "packet_takes",
    METADATA,
    *numbers("no", "place", key=True),  # of the packet, and of the share
    *numbers("taker", "amount", "at"),
    *octets("transfer", unique=True),
    **STRICT,
    **BY_KEY,
)
# One row for each customer who may see it.
sides = Table(
    "packet_sides",
    METADATA,
    *numbers("customer", "no", key=True),
    *numbers("position"),
    *numbers("unmoved"),  # 1: it was declined, and no entry of the customer's accounts tells of it
    *numbers("own", null=True),  # what the customer has taken of it
    few("packet_sides_unmoved", UNMOVED, "customer", "position", "no"),
    **STRICT,
    **BY_KEY,
)
