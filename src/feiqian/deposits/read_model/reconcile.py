"""Reconciles own transfers with the ledger, to the cent. The engine must be as of the read model's own position."""

from __future__ import annotations

from collections.abc import Iterator

from feiqian.ledger.engine import Engine, Type
from feiqian.projections.database import Database
from feiqian.projections.read_model import Discrepancy


def reconcile(engine: Engine, db: Database) -> Iterator[Discrepancy]:
    """A transfer that succeeded moved its amount; one that was declined moved nothing."""
    for transfer, id, amount, status in db.all("SELECT transfer, id, amount, status FROM own_transfers"):
        known = engine.remembered(bytes(transfer))
        moved = known.amount if known is not None and known.type == Type.TRANSFER else 0
        expected = amount if status == "succeeded" else 0
        if moved != expected:
            yield Discrepancy(f"own transfer {id}", "what it moved", expected, moved)
