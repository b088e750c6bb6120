"""Reconciles transfers between people with the ledger, to the cent. The engine is as of the read model's position."""

from __future__ import annotations

from collections.abc import Iterator

from feiqian.ledger.engine import Engine, HoldState, Type
from feiqian.projections.database import Database
from feiqian.projections.read_model import Discrepancy

_OPEN = ("held", "waiting")


def reconcile(engine: Engine, db: Database) -> Iterator[Discrepancy]:
    """What succeeded moved its amount; what is held or waits holds it; what was declined or went back does neither."""
    rows = db.all("SELECT transfer, moved, id, amount, status FROM person_transfers")
    for transfer, moved, id, amount, status in rows:
        moves = _moved(engine, bytes(moved)) if moved is not None else 0
        expected = amount if status == "succeeded" else 0
        if moves != expected:
            yield Discrepancy(f"transfer {id}", "what it moved", expected, moves)
        holds = _held(engine, bytes(transfer))
        expected = amount if status in _OPEN else 0
        if holds != expected:
            yield Discrepancy(f"transfer {id}", "what it holds", expected, holds)


def _moved(engine: Engine, transfer: bytes) -> int:
    known = engine.remembered(transfer)
    return known.amount if known is not None and known.type == Type.TRANSFER else 0


def _held(engine: Engine, transfer: bytes) -> int:
    known = engine.remembered(transfer)
    is_open = known is not None and known.type == Type.HOLD and known.status == HoldState.OPEN
    return known.amount if known is not None and is_open else 0
