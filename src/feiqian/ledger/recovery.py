"""How a ledger starts: the fence first, then the newest good checkpoint, then every row after it, verified.

It refuses, and says what and where, rather than begin anew or serve from a journal that has lost something.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from feiqian.clock import Clock
from feiqian.errors import CheckpointInvalid, JournalBehind, JournalDamaged, JournalMissing, JournalUnavailable
from feiqian.folder import make_folder

from .body import decode_body
from .checkpoints import Checkpoint, Checkpoints, postgres_checkpoints, sqlite_checkpoints
from .engine import DumpInvalid, Engine
from .engines import new_engine
from .journal import Head, Journal, Row
from .journal_sqlite import SqliteJournal
from .ledger import COMMIT_SECONDS, Ledger
from .sqlite_errors import LOOK
from .standstill import WAIT_SECONDS
from .start_time import StartTime, settle_time

NewEngine = Callable[[], Engine]
_log = logging.getLogger(__name__)


class Watermark(NamedTuple):
    """Something derived from the journal that says how far it has read; `hash` of that row, if it keeps it."""

    name: str
    position: int
    hash: bytes | None = None


def open_journal(folder: Path, url: str = "", *, create: bool = False, standbys: int = 0) -> Journal:
    """The journal of this data folder: `journal.db` in it, or the PostgreSQL database of the URL.

    `journal.id` in the folder says which journal belongs here. `create` makes one where there never was one. Raises
    JournalMissing, JournalDamaged, JournalUnavailable.
    """
    try:
        return _open_journal(folder, url, create, standbys)
    except OSError as error:
        raise JournalUnavailable(f"the journal in {folder} cannot be opened: {error}. {LOOK}") from error


def _open_journal(folder: Path, url: str, create: bool, standbys: int) -> Journal:
    marker = folder / "journal.id"
    if create:
        make_folder(folder)
    if not url:
        return SqliteJournal(folder / "journal.db", create=create, marker=marker)
    from .journal_postgres import PostgresJournal  # not needed where everything is embedded, and slow to import

    return PostgresJournal(url, create=create, marker=marker if folder.exists() else None, standbys=standbys)


def open_checkpoints(folder: Path, url: str = "", *, required: bool = False) -> Checkpoints | None:
    """The checkpoints of this data folder: `checkpoints.db` in it, or tables in the journal's database.

    None, with a warning, where they cannot be read: a start is then slower, not wrong. `required` raises
    CheckpointInvalid instead.
    """
    try:
        return postgres_checkpoints(url) if url else sqlite_checkpoints(folder / "checkpoints.db")
    except CheckpointInvalid as error:
        if required:
            raise
        _log.warning("checkpoints cannot be read, the whole journal is replayed: %s", error)
        return None


def open_ledger(
    journal: Journal,
    checkpoints: Checkpoints | None,
    clock: Clock,
    *,
    watermarks: Iterable[Watermark] = (),
    new_engine: NewEngine = new_engine,
    commit_seconds: float = COMMIT_SECONDS,  # not money: a time
    wait_seconds: float = WAIT_SECONDS,  # not money: a time
    start: StartTime | None = None,
) -> Ledger:
    """Takes the fence and brings a fresh engine to the journal's end.

    Raises JournalDamaged, JournalTooNew, JournalBehind, JournalMissing, JournalUnavailable, DurabilityRefused, and
    InvariantBroken if the books do not balance. `commit_seconds` and `wait_seconds`: see `Ledger`. With `start`, the
    clock is compared with the journal's newest moment: raises ClockRefused.
    """
    head = journal.open_writer()
    for watermark in watermarks:
        check_watermark(journal, head, watermark)
    engine, position = restore(journal, checkpoints, head, new_engine)
    replay_rows(engine, journal, position, head)
    engine.check()
    set_back = b"" if start is None else settle_time(engine, clock, start)
    ledger = Ledger(journal, engine, clock, head, commit_seconds=commit_seconds, wait_seconds=wait_seconds)
    if set_back:
        ledger.begin_with(set_back)
    return ledger


def check_watermark(journal: Journal, head: Head, watermark: Watermark) -> None:
    """Raises JournalBehind if the journal ends before what the watermark says, or differs from it."""
    if watermark.position > head.position:
        raise JournalBehind(
            f"the journal ends at position {head.position}, but {watermark.name} has seen position {watermark.position}"
        )
    if watermark.hash is not None and journal.hash_at(watermark.position) != watermark.hash:
        raise JournalBehind(
            f"the journal's row at position {watermark.position} is not the one that {watermark.name} saw"
        )


def restore(journal: Journal, checkpoints: Checkpoints | None, head: Head, new_engine: NewEngine) -> tuple[Engine, int]:
    """An engine from the newest good checkpoint that can be loaded, and its position; a fresh one and 0 without any."""
    for checkpoint in _good(checkpoints):
        if checkpoint.identity != journal.identity:
            raise JournalMissing(
                f"the checkpoints are of journal {checkpoint.identity}, this one is {journal.identity}"
            )
        check_watermark(journal, head, Watermark("a checkpoint", checkpoint.position, checkpoint.hash))
        assert checkpoints is not None
        engine = new_engine()
        try:
            engine.load(checkpoints.chunks(checkpoint))
        except (CheckpointInvalid, DumpInvalid) as error:
            _log.warning("the checkpoint at position %d cannot be used: %s", checkpoint.position, error)
            continue
        return engine, checkpoint.position
    return new_engine(), 0


def _good(checkpoints: Checkpoints | None) -> list[Checkpoint]:
    try:
        return [] if checkpoints is None else checkpoints.good()
    except CheckpointInvalid as error:
        _log.warning("checkpoints cannot be read, the whole journal is replayed: %s", error)
        return []


def replay_rows(engine: Engine, journal: Journal, after: int, head: Head) -> None:
    """Replays the rows after a position up to the head, and makes sure that they lead there."""
    position, hash = after, journal.hash_at(after)
    for row in journal.rows(after):
        if row.position > head.position:
            break  # written meanwhile: whoever reads beside the writer stops where it began
        replay_row(engine, row)
        position, hash = row.position, row.hash
        check_fence(head, row.epoch)
    if position != head.position:
        raise JournalDamaged(position + 1, f"the row is missing (the journal ends at {head.position})")
    if hash != head.hash:
        raise JournalDamaged(position, "its hash is not the one with which the journal ended")


def check_fence(head: Head, epoch: int) -> None:
    """Raises JournalDamaged if the fence's epoch is below that of a row: no writer could have written it."""
    if epoch > head.epoch:
        raise JournalDamaged(head.position, f"the fence has epoch {head.epoch}, but a row up to here has {epoch}")


def replay_row(engine: Engine, row: Row) -> None:
    """Applies one row's records. Raises JournalDamaged if they are not what an engine could have written here."""
    try:
        engine.replay(decode_body(row.body).records)
    except ValueError as error:
        raise JournalDamaged(row.position, str(error)) from error
