"""A journal that is moved, deleted or exchanged under its writer: noticed in the commit, and never acknowledged."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from feiqian.errors import JournalMissing, JournalMoved, LedgerStopped
from feiqian.ledger.engine import Refusal


def rename(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).rename(folder / f"{name}.old")


def delete(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def exchange(name: str) -> Callable[[Path], None]:
    """A copy stands there instead, with the same bytes."""

    def by_copy(folder: Path) -> None:
        shutil.copy(folder / name, folder / "copy")
        (folder / "copy").replace(folder / name)

    return by_copy


def rename_folder(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))


def another_folder(folder: Path) -> None:
    """The folder is moved, and a copy of all of it stands there instead: a restored backup, under a running server."""
    rename_folder(folder)
    shutil.copytree(folder.with_name("elsewhere"), folder)


MOVES = {
    **{f"{name} renamed": rename(name) for name in ("journal.db", "journal.db-wal", "journal.db-shm")},
    **{f"{name} deleted": delete(name) for name in ("journal.db", "journal.db-wal", "journal.db-shm")},
    **{f"{name} exchanged": exchange(name) for name in ("journal.db", "journal.db-wal", "journal.db-shm")},
    "the folder renamed": rename_folder,
    "the folder exchanged": another_folder,
}


@pytest.fixture
def place(sqlite, tmp_path: Path):
    """The store in a folder of its own within the test's."""
    sqlite.folder = tmp_path / "bank"
    return sqlite


def opened(place, bank, **options):
    ledger = place.ledger(**options)
    ledger.post_many(bank.opening())
    ledger.commit()
    return ledger


@pytest.mark.parametrize("wait_seconds", [60.0, 0.0], ids=["waited for", "overlapping"])
@pytest.mark.parametrize("move", MOVES)
def test_abuse_87_a_journal_moved_under_its_writer_is_noticed_by_the_next_commit(
    place, bank, move: str, wait_seconds: float
) -> None:
    ledger = opened(place, bank, wait_seconds=wait_seconds)
    MOVES[move](place.folder)

    async def pay() -> None:
        posting = ledger.post(bank.payment(1))
        assert posting.refusal == Refusal.OK
        await ledger.durable(posting.position)

    with pytest.raises(LedgerStopped, match="outcome unknown"):
        asyncio.run(pay())
    assert isinstance(ledger.stopped, JournalMoved)
    assert "moved, deleted or replaced" in str(ledger.stopped)
    assert ledger._journal.head().position == 1  # nothing was written into the file that is not there any more
    with pytest.raises(LedgerStopped):
        ledger.post(bank.payment(2))


@pytest.mark.parametrize("move", MOVES)
def test_abuse_87_a_journal_moved_during_a_commit_leaves_it_unacknowledged(place, bank, move: str) -> None:
    """The file goes after the look and before the row: the row is written somewhere, and nobody is told that it is."""
    ledger = opened(place, bank)
    journal, looks = ledger._journal, []
    real = journal._place.check

    def check() -> None:
        real()
        looks.append(len(looks))
        if len(looks) == 1:
            MOVES[move](place.folder)

    journal._place.check = check

    async def pay() -> None:
        await ledger.durable(ledger.post(bank.payment(1)).position)

    with pytest.raises(LedgerStopped, match="outcome unknown"):
        asyncio.run(pay())
    assert isinstance(ledger.stopped, JournalMoved)
    assert ledger.durable_position == 1


@pytest.mark.parametrize("move", MOVES)
def test_abuse_87_a_watch_notices_a_move_where_no_payment_comes(place, bank, move: str) -> None:
    ledger = opened(place, bank)
    ledger.check_place()
    assert ledger.stopped is None
    MOVES[move](place.folder)
    ledger.check_place()
    assert isinstance(ledger.stopped, JournalMoved)


def test_abuse_87_what_a_symbolic_link_leads_to_may_not_change(place, bank, tmp_path: Path) -> None:
    """Links to the file and to its folder; a hard link keeps the file's number, and yet its log is not beside it."""
    for kind in ("file", "folder", "hard link"):
        ledger, link, other = linked(place, bank, tmp_path / kind, kind)
        link.unlink()
        link.symlink_to(other)
        ledger.check_place()
        assert isinstance(ledger.stopped, JournalMoved), kind
        place.close()


def linked(place, bank, base: Path, kind: str):
    """A ledger that is reached by a link, the link, and what it is made to lead to afterwards."""
    real, other = base / "real", base / "other"
    other.mkdir(parents=True)
    place.folder = real
    opened(place, bank)
    place.close()
    for name in ("journal.db", "journal.id"):
        (os.link if kind == "hard link" else shutil.copy)(real / name, other / name)
    if kind == "file":
        place.folder = base / "linked"
        place.folder.mkdir()
        shutil.copy(real / "journal.id", place.folder)
        link, other = place.folder / "journal.db", other / "journal.db"
        link.symlink_to(real / "journal.db")
    else:
        place.folder = link = base / "linked"
        link.symlink_to(real)
    return place.ledger(), link, other


def test_abuse_87_a_writer_that_starts_on_a_moved_file_takes_no_fence(place, bank) -> None:
    opened(place, bank)
    place.close()
    journal = place.journal()
    rename("journal.db")(place.folder)
    with pytest.raises(JournalMoved):
        journal.open_writer()
    rename_back = place.folder / "journal.db.old"
    rename_back.rename(place.folder / "journal.db")
    assert journal.open_writer().epoch == 2


def test_a_file_that_goes_before_it_is_opened_is_not_made_anew(place, bank) -> None:
    opened(place, bank)
    place.close()
    rename("journal.db")(place.folder)
    with pytest.raises(JournalMissing, match="there was a journal"):
        place.journal()
    assert not (place.folder / "journal.db").exists()


def test_commits_with_readers_that_come_and_go_are_no_move(place, bank) -> None:
    """Readers, SQLite's own checkpoints and a backup leave the files what they are."""
    ledger = opened(place, bank)
    for number in range(1, 6):
        reader = place.journal()
        assert len(list(reader.rows(0))) == number
        reader._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        reader.close()
        ledger.post_many(bank.payment(number))
        assert ledger.commit() == number + 1


def test_the_position_of_a_relative_folder_does_not_depend_on_where_the_process_is(
    place, bank, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    place.folder = Path("bank")
    ledger = opened(place, bank)
    monkeypatch.chdir("/")
    ledger.post_many(bank.payment(1))
    assert ledger.commit() == 2
