"""The projector as a process of its own: follows the journal and keeps the read models up with it.

It has the priority of any other process, because one that starves keeps readers waiting. A crash at any moment is
harmless, so it ends as soon as it is told to or its parent is gone. What is damaged or gone is told of,
and built again from the journal. Where nothing happens it sleeps until it is woken; where nobody wakes it, it looks.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from threading import Event

from feiqian.ledger.journal import Journal
from feiqian.runtime import logs
from feiqian.runtime.waking import Bell

from . import schema
from .database import DATABASE_ERRORS, Database, open_database
from .errors import ReadModelDamaged
from .files import damage_reported, is_damage
from .projector import ROWS_PER_STEP, Projector, step_together
from .read_model import ReadModel

# Rows that come while a step is under way, or in the pause after it, go into the next step together: the pause grows
# with the work, so that under load steps are large (which makes each payment cheaper) and the server has the processor.
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.002, 0.1  # not money: times
IDLE_PAUSE_SECONDS = 0.005  # not money: a time
IDLE_LOOKS = 25  # so often it looks in vain before it sleeps: for longer than who wakes it keeps quiet
ASLEEP_SECONDS = 10.0  # not money: a time; then it looks once, whether it was woken or not
PAUSE_PER_WORK = 2
LOG_EVERY_SECONDS = 60
ROWS_BESIDE_OTHERS = 200  # in a step of a read model that others are ahead of
LOOK_EVERY = 100  # steps: whether its tables are still there
ANEW_AT_MOST = 3  # damage that comes back at once is the disk's: then it ends, and is started again after a pause

_log = logs.get("feiqian.projections")


def run_projector(
    journal: Journal,
    location: str | Path,
    models: Sequence[ReadModel],
    stop: Event,
    *,
    parent: int | None = None,
    rows_per_step: int = ROWS_PER_STEP,
) -> None:
    """Projects until `stop` is set, or the process whose id is `parent` is no longer our parent.

    A `stop` that is a Bell is rung when there are rows. Raises JournalDamaged, JournalBehind or ReadModelMismatch,
    which say what is wrong and where, and the database's errors, of which damage only if it comes back at once.
    """
    for anew in range(ANEW_AT_MOST + 1):
        try:
            return _project(journal, location, models, stop, parent, rows_per_step)
        except (ReadModelDamaged, *DATABASE_ERRORS) as error:
            if anew == ANEW_AT_MOST or not (isinstance(error, ReadModelDamaged) or is_damage(error)):
                raise
            if is_damage(error) or damage_reported(location) or not Path(location).exists():
                schema.move_aside(location, error)
            else:
                _log.error("read_model_damaged", why=str(error), then="it is built again from the journal")


def _project(
    journal: Journal,
    location: str | Path,
    models: Sequence[ReadModel],
    stop: Event,
    parent: int | None,
    rows_per_step: int,
) -> None:
    with closing(open_database(location)) as db:
        projectors = [Projector(journal, db, model) for model in models]
        _log.info("projector_started", **_positions(projectors))
        try:
            _follow(projectors, _Look(db, location, models), stop, parent, rows_per_step)
        except DATABASE_ERRORS as error:
            if is_damage(error) or not schema.lacking(db, models):
                raise
            raise ReadModelDamaged(f"tables are missing: {error}") from error
        _log.info("projector_stopped", **_positions(projectors))


def _positions(projectors: Sequence[Projector]) -> dict[str, int]:
    return {projector.model.name: projector.position for projector in projectors}


class _Look:
    """Looks whether the read model is still what was opened. Raises ReadModelDamaged."""

    def __init__(self, db: Database, location: str | Path, models: Sequence[ReadModel]) -> None:
        self._db, self._location, self._models, self._looks = db, location, models, 0

    def __call__(self) -> None:
        if self._db.gone():
            raise ReadModelDamaged(f"{self._location} was removed or replaced")
        if damage_reported(self._location):
            raise ReadModelDamaged(f"a reader found {self._location} damaged")
        if self._looks % LOOK_EVERY == 0 and (missing := schema.lacking(self._db, self._models)):
            raise ReadModelDamaged(f"tables are missing: {', '.join(sorted(missing))}")
        self._looks += 1


class _Pauses:
    """The time between two steps."""

    def __init__(self, stop: Event) -> None:
        self._stop, self._bell = stop, stop if isinstance(stop, Bell) else None
        self._seconds, self._in_vain = SHORTEST_PAUSE_SECONDS, 0

    def after(self, moved: bool, worked_seconds: float) -> None:  # not money: a time
        """Waits as is right after a step of this kind."""
        if moved:
            self._seconds = min(max(SHORTEST_PAUSE_SECONDS, PAUSE_PER_WORK * worked_seconds), LONGEST_PAUSE_SECONDS)
            self._in_vain = 0
        else:
            self._seconds = min(self._seconds * 2, IDLE_PAUSE_SECONDS)
            self._in_vain += 1
        if self._bell is None or self._in_vain < IDLE_LOOKS:
            self._stop.wait(self._seconds)
        elif self._bell.rest(ASLEEP_SECONDS):
            self._seconds, self._in_vain = SHORTEST_PAUSE_SECONDS, 0


def _follow(
    projectors: Sequence[Projector], look: Callable[[], None], stop: Event, parent: int | None, rows_per_step: int
) -> None:
    pauses = _Pauses(stop)
    logged, at_log = time.monotonic(), _positions(projectors)
    while not stop.is_set() and (parent is None or os.getppid() == parent):
        look()
        began = time.monotonic()
        moved, behind = _step(projectors, rows_per_step)
        ended = time.monotonic()
        if ended - logged >= LOG_EVERY_SECONDS and (at := _positions(projectors)) != at_log:
            _log.info("projected", **at)
            logged, at_log = ended, at
        if not behind:  # else it goes on at once
            pauses.after(moved, ended - began)


def _step(projectors: Sequence[Projector], rows_per_step: int) -> tuple[bool, bool]:
    """One step of each read model. Whether any has moved, and whether any may have more to do at once.

    One that is being built, beside others that serve, takes short steps, so that these are not kept waiting.
    """
    moved = behind = False
    standing: dict[int, list[Projector]] = {}
    for projector in projectors:
        standing.setdefault(projector.position, []).append(projector)
    furthest = max(standing)
    for before, together in standing.items():
        rows = rows_per_step if before == furthest else min(rows_per_step, ROWS_BESIDE_OTHERS)
        step_together(together, rows)
        after = together[0].position
        moved |= after > before
        behind |= after - before >= rows
    return moved, behind
