"""The data folder: what is made in it is its owner's only, and one process at a time is its writer."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian import app
from feiqian.demo.seeding import Plan, seed
from feiqian.errors import FolderLocked, JournalMissing
from feiqian.folder import FolderLock, make_file, make_folder, open_to_others
from feiqian.ledger.checkpointer import make_checkpoint
from feiqian.ledger.recovery import open_checkpoints, open_journal
from feiqian.notify.push_key import open_push_key
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.projections.database import open_database
from feiqian.projections.projector import Projector
from feiqian.settings import Settings

HOLD = """
import sys
from pathlib import Path
from feiqian.folder import FolderLock
lock = FolderLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


@pytest.mark.usefixtures("umask")
def test_every_file_of_a_bank_is_made_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    settings = Settings(data=str(folder), port=0)
    seed(settings, Plan(3, 1))
    bank = app.build(settings)
    open_push_key(settings.file("push-key.pem"))
    journal, checkpoints, reads = open_journal(folder), open_checkpoints(folder), open_database(settings.read_location)
    assert checkpoints is not None
    make_checkpoint(journal, checkpoints)
    Projector(journal, reads, PAYMENTS).step()
    modes = {path.name: mode(path) for path in folder.iterdir()}
    expected = {"journal.db", "journal.id", "bank.db", "read.db", "checkpoints.db", "data-key", "code-keys.json"}
    expected |= {"code-keys.json.lock"}
    databases = {name + beside for name in expected if name.endswith(".db") for beside in ("-wal", "-shm")}
    assert modes == dict.fromkeys(expected | databases | {"push-key.pem"}, "0o600")
    assert mode(folder) == "0o700"
    assert open_to_others(folder) == []
    reads.close()
    checkpoints.close()
    journal.close()
    bank.close()


def test_what_is_there_already_is_left_as_it_is_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    folder.mkdir()
    folder.chmod(0o755)
    file = folder / "bank.db"
    file.write_text("kept")
    file.chmod(0o640)
    (folder / "journal.db").touch(0o600)
    make_folder(folder)
    make_file(file)
    assert (mode(folder), mode(file), file.read_text()) == ("0o755", "0o640", "kept")
    assert open_to_others(folder) == [".", "bank.db"]


def test_a_folder_is_locked_by_one_process_and_is_free_when_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(FolderLocked, match=rf"\({other.pid}\) works on the data folder"):
            FolderLock(tmp_path)
        other.kill()
        other.wait()
        FolderLock(tmp_path).close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_locked_by_whatever_name_it_goes(tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    held = FolderLock(folder, tmp_path / "link")  # once, although named twice
    with pytest.raises(FolderLocked):
        FolderLock(tmp_path / "link")
    held.close()
    held.close()
    FolderLock(tmp_path / "link").close()


def test_a_child_does_not_inherit_the_lock(tmp_path: Path) -> None:
    held = FolderLock(tmp_path)
    command = [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        held.close()
        FolderLock(tmp_path).close()
        assert child.stdin is not None
        child.stdin.close()


@pytest.mark.parametrize("create", [True, False])
def test_a_journal_on_a_disk_that_is_not_mounted_is_refused_in_words(tmp_path: Path, create: bool) -> None:
    data, disk = tmp_path / "data", tmp_path / "disk"
    data.mkdir()
    (data / "journal.db").symlink_to(disk / "bank" / "journal.db")
    with pytest.raises(JournalMissing, match="is its disk mounted"):
        app.lock_folder(Settings(data=str(data)), create=create)
    (disk / "bank").mkdir(parents=True)
    app.lock_folder(Settings(data=str(data)), create=create).close()
