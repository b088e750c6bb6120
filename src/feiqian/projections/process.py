"""The projector as a process of its own: follows the journal and keeps the read model up with it.

It has the priority of any other process, because one that starves keeps readers waiting. A crash at any moment is
harmless, so it ends as soon as it is told to or its parent is gone.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from threading import Event

from feiqian import logs

from .database import open_database
from .projector import ROWS_PER_STEP, JournalReader, Projector

# Rows that come while a step is under way, or in the pause after it, go into the next step together: the pause grows
# with the work, so that under load steps are large (which makes each payment cheaper) and the server has the processor.
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.002, 0.1  # not money: times
IDLE_PAUSE_SECONDS = 0.005  # not money: a time
PAUSE_PER_WORK = 2
LOG_EVERY_SECONDS = 60

_log = logs.get("feiqian.projections")


def run_projector(
    journal: JournalReader,
    location: str | Path,
    stop: Event,
    *,
    parent: int | None = None,
    rows_per_step: int = ROWS_PER_STEP,
) -> None:
    """Projects until `stop` is set, or the process whose id is `parent` is no longer our parent.

    Raises JournalDamaged, JournalBehind, ReadModelMismatch or ProjectionStopped, which say what is wrong and where.
    """
    db = open_database(location)
    try:
        projector = Projector(journal, db)
        _log.info("projector_started", position=projector.position)
        _follow(projector, stop, parent, rows_per_step)
        _log.info("projector_stopped", position=projector.position)
    finally:
        db.close()


def _follow(projector: Projector, stop: Event, parent: int | None, rows_per_step: int) -> None:
    pause = SHORTEST_PAUSE_SECONDS
    logged, logged_position = time.monotonic(), projector.position
    while not stop.is_set() and (parent is None or os.getppid() == parent):
        before, began = projector.position, time.monotonic()
        after, ended = projector.step(rows_per_step), time.monotonic()
        if after == before:
            pause = min(pause * 2, IDLE_PAUSE_SECONDS)
        else:
            pause = min(max(SHORTEST_PAUSE_SECONDS, PAUSE_PER_WORK * (ended - began)), LONGEST_PAUSE_SECONDS)
        if ended - logged >= LOG_EVERY_SECONDS and after != logged_position:
            _log.info("projected", position=after, rows=after - logged_position)
            logged, logged_position = ended, after
        if after - before < rows_per_step:  # else it is behind, and goes on at once
            stop.wait(pause)
