"""Makes checkpoints beside the running ledger: reads the journal into an engine of its own, and dumps that.

It never touches the ledger's engine and never writes to the journal, so payments do not wait for it.
"""

from __future__ import annotations

import logging
from threading import Event

from feiqian.errors import CheckpointInvalid
from feiqian.runtime.waking import Bell

from .checkpoints import Checkpoint, Checkpoints
from .engine import DumpInvalid, Engine
from .engines import new_engine
from .journal import Journal
from .recovery import NewEngine, replay_rows, restore

LOOK_SECONDS, ASLEEP_SECONDS = 1.0, 60.0
_log = logging.getLogger(__name__)


def make_checkpoint(journal: Journal, checkpoints: Checkpoints, new_engine: NewEngine = new_engine) -> Checkpoint:
    """Dumps the state at the journal's end, reads it back into another engine, and only then calls it good.

    Raises CheckpointInvalid if it does not read back, and what `open_ledger` raises for a journal that is not right.
    """
    head = journal.head()
    engine, position = restore(journal, checkpoints, head, new_engine)
    newest = checkpoints.newest()
    if newest is not None and newest.position == position == head.position:
        return newest
    replay_rows(engine, journal, position, head)
    engine.check()
    saved = checkpoints.save(journal.identity, head.position, head.hash, engine.digest(), engine.dump())
    del engine  # two states need not be in memory at once
    if _read_back(checkpoints, saved, new_engine()) != saved.digest:
        raise CheckpointInvalid(f"the checkpoint at position {saved.position} does not read back as what was saved")
    checkpoints.mark_good(saved)
    return saved


def _read_back(checkpoints: Checkpoints, saved: Checkpoint, engine: Engine) -> bytes | None:
    """The digest of what can be loaded; None if it cannot."""
    try:
        engine.load(checkpoints.chunks(saved))
    except (CheckpointInvalid, DumpInvalid) as error:
        _log.error("the checkpoint at position %d: %s", saved.position, error)
        return None
    return engine.digest()


def _wait(stop: Event) -> bool:
    """Until it is worth while to look. Returns whether to stop."""
    if isinstance(stop, Bell):
        stop.rest(ASLEEP_SECONDS)
    return stop.wait(LOOK_SECONDS)


def run_checkpointer(
    journal: Journal,
    checkpoints: Checkpoints,
    every_rows: int,
    stop: Event,
    *,
    new_engine: NewEngine = new_engine,
) -> None:
    """Makes a checkpoint whenever `every_rows` rows have come since the last. A `stop` that is a Bell is rung when rows
    have come: then it looks, at most every second. Else it looks every second."""
    while not _wait(stop):
        newest = checkpoints.newest()
        if journal.head().position - (newest.position if newest else 0) >= every_rows:
            made = make_checkpoint(journal, checkpoints, new_engine)
            _log.info("checkpoint at position %d, %d chunks", made.position, made.chunks)
