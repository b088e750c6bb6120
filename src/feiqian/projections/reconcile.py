"""Reconciles the read models with the ledger, for `feiqian audit`. Only reads; each feature says what must be the same.

The engine must be as of the read models' own position; `feiqian audit` replays the journal up to there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

from feiqian.ledger.engine import Engine

from . import aside
from .aside import SetAside
from .database import DATABASE_ERRORS, open_database
from .read_model import Discrepancy, ReadModel
from .schema import read_progress


def reconcile(engine: Engine, location: str | Path, models: Iterable[ReadModel]) -> list[Discrepancy]:
    """Compares the read models at `location` with an engine that is as of the same journal position."""
    with closing(open_database(location, read_only=True)) as db:
        return [found for model in models for found in model.reconcile(engine, db)]


def reconcile_at(location: str | Path, models: Sequence[ReadModel]) -> Callable[[Engine, int], list[str]]:
    """For `ledger.audit`: what is not the same, in words; first of all whether each is as far as the engine."""

    def compare(engine: Engine, position: int) -> list[str]:
        try:
            return _compare(location, models, engine, position)
        except DATABASE_ERRORS as error:
            return [f"the read model cannot be read ({error}): `feiqian project --rebuild` makes it anew"]

    return compare


def _compare(location: str | Path, models: Sequence[ReadModel], engine: Engine, position: int) -> list[str]:
    behind = [
        f"the read model of {model.name} is at position {at}, the audit at position {position}:"
        " let the projector catch up first"
        for model in models
        if (at := position_of(location, model)) != position
    ]
    if behind:
        return behind
    lacking = [f"read model: set aside at {found}" for found in set_aside_in(location)]
    try:
        return lacking + [f"read model: {found}" for found in reconcile(engine, location, models)]
    except DATABASE_ERRORS as error:
        if not lacking:
            raise
        return [*lacking, f"read model: not compared to the end, as sums do not fit: {error}"]


def set_aside_in(location: str | Path) -> list[SetAside]:
    """What is set aside in the read models at `location`, in order of the journal."""
    with closing(open_database(location, read_only=True)) as db:
        return aside.read(db)


def position_of(location: str | Path, model: ReadModel) -> int:
    """How far a read model has come; 0 if it has not begun."""
    with closing(open_database(location, read_only=True)) as db:
        found = read_progress(db, model)
        return found.position if found else 0
