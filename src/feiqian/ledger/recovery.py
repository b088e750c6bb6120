"""How a ledger starts: the fence first, then the newest good checkpoint, then every row after it, verified.

It refuses, and says what and where, rather than begin anew or serve from a journal that has lost something.
"""

from __future__ import annotations

from pathlib import Path

from feiqian.clock import Clock
from feiqian.errors import JournalDamaged
from .body import decode_body
from .engine import Engine
from .journal import Head, Journal, Row
from .journal_sqlite import SqliteJournal
from .ledger import Ledger
from .spec import SpecEngine


def open_journal(folder: Path, url: str = "", *, create: bool = False) -> Journal:
    """The journal of this data folder: `journal.db` in it, or the PostgreSQL database of the URL."""
    folder.mkdir(parents=True, exist_ok=True)
    return SqliteJournal(folder / "journal.db", create=create)


def open_ledger(journal: Journal, checkpoints: None, clock: Clock) -> Ledger:
    """Takes the fence and brings a fresh engine to the journal's end.

    Raises JournalDamaged, JournalBehind, JournalMissing.
    """
    head = journal.open_writer()
    engine = SpecEngine()
    replay_rows(engine, journal, 0, head)
    engine.check()
    return Ledger(journal, engine, clock, head)


def replay_rows(engine: Engine, journal: Journal, after: int, head: Head) -> None:
    """Replays the rows after a position, and makes sure that they lead to the head."""
    position = after
    for row in journal.rows(after):
        replay_row(engine, row)
        position = row.position
    if position != head.position:
        raise JournalDamaged(position + 1, f"the row is missing (the journal ends at {head.position})")


def replay_row(engine: Engine, row: Row) -> None:
    """Applies one row's records. Raises JournalDamaged if they are not what an engine could have written here."""
    try:
        engine.replay(decode_body(row.body).records)
    except ValueError as error:
        raise JournalDamaged(row.position, str(error)) from error
