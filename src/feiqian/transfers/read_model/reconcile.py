"""Reconciles transfers between people with the ledger, to the cent. The engine is as of the read model's position."""

from __future__ import annotations

from collections.abc import Iterator

from feiqian.ledger.engine import Engine, Type
from feiqian.projections.database import Database
from feiqian.projections.read_model import Discrepancy


def reconcile(engine: Engine, db: Database) -> Iterator[Discrepancy]:
    """What succeeded at once moved its amount; what was held first held it; what was declined did neither."""
    for transfer, id, amount, status in db.all("SELECT transfer, id, amount, status FROM person_transfers"):
        known = engine.remembered(bytes(transfer))
        moved = known.amount if known is not None and known.type in (Type.TRANSFER, Type.HOLD) else 0
        expected = 0 if status == "declined" else amount
        if moved != expected:
            yield Discrepancy(f"transfer {id}", "what it moved", expected, moved)
