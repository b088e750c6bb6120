"""Storage that is damaged or full when something starts: said in words, by every command, and never served from."""

from __future__ import annotations

import json
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from feiqian import app, cli
from feiqian.errors import FeiqianError, JournalDamaged, JournalMissing, JournalUnavailable
from feiqian.ledger.audit import audit
from feiqian.ledger.checkpointer import make_checkpoint
from feiqian.ledger.recovery import open_checkpoints, open_journal, open_ledger
from feiqian.settings import Settings
from feiqian.testing.clock import ManualClock
from feiqian.testing.crash import opening, payment

KEPT = Path(__file__).parents[1] / "fixtures" / "a30ad07"
COMMANDS = (["audit"], ["checkpoint"], ["project"], ["staff", "list"])
Say = pytest.CaptureFixture[str]


WRITE_MARKER = """
import sys
from pathlib import Path
from feiqian.ledger.journal import write_marker
write_marker(Path(sys.argv[1]), "a" * 32)
"""
RUN = """
import contextlib, io, json, sys
from feiqian import cli
for command in json.loads(sys.argv[2]):
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        code = cli.main(["--data", sys.argv[1], *command])
    print(json.dumps([code, said.getvalue()]))
"""


def limited(size: int) -> Callable[[], None]:
    """In a child, before it begins: the kernel lets no file grow beyond so many bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bank that is shut down."""
    bank = tmp_path / "bank"
    shutil.copytree(KEPT, bank)
    for name in ("code-keys.json", "data-key"):
        (bank / name).chmod(0o600)
    return bank


def zero(path: Path, page: int, size: int) -> None:
    """What a disk gives back for a page that it has lost."""
    data = bytearray(path.read_bytes())
    data[page * size : (page + 1) * size] = bytes(size)
    path.write_bytes(data)


def said(folder: Path, command: list[str], capsys: Say) -> tuple[int, str]:
    code = cli.main(["--data", str(folder), *command])
    told = capsys.readouterr()
    return code, told.err + told.out


@pytest.mark.parametrize("page", [0, 1, 2])
def test_zeroed_pages_of_the_journal_are_told_in_words_by_every_command(folder: Path, capsys: Say, page: int) -> None:
    zero(folder / "journal.db", page, 8192)
    for command in (["audit"], ["checkpoint"], ["project"], ["project", "--rebuild"], ["serve", "--port", "0"]):
        code, told = said(folder, command, capsys)
        assert (code, "journal damaged at position " in told, "Traceback" in told) == (1, True, False), (command, told)


@pytest.mark.parametrize("page", [0, 1, 2, 3, 4])
def test_zeroed_pages_of_the_checkpoints_are_found_by_the_audit_and_no_start_needs_them(
    folder: Path, capsys: Say, page: int
) -> None:
    zero(folder / "checkpoints.db", page, 4096)
    for command in (["audit"], ["checkpoint"]):
        code, told = said(folder, command, capsys)
        assert code == 1
        assert "checkpoints.db cannot be used" in told
        assert "Delete it: checkpoints can be made again" in told
    app.build(Settings(data=str(folder))).close()
    (folder / "checkpoints.db").unlink()
    assert said(folder, ["checkpoint"], capsys)[0] == 0


def test_a_dump_that_was_changed_is_found_by_the_audit(folder: Path, capsys: Say) -> None:
    checkpoints = open_checkpoints(folder)
    assert checkpoints is not None
    checkpoints._execute("UPDATE checkpoint_chunks SET chunk = zeroblob(length(chunk))", ())
    checkpoints.close()
    code, told = said(folder, ["audit"], capsys)
    assert code == 1
    assert "FINDING: the checkpoint at position 5 does not have its digest" in told


def damaged(data: bytes, chance: random.Random) -> bytes:
    """A page zeroed, a few bytes changed, or the end cut off."""
    kind, at = chance.randrange(3), chance.randrange(len(data))
    if kind == 0:
        begin = at // 4096 * 4096
        return data[:begin] + bytes(4096) + data[begin + 4096 :]
    if kind == 1:
        return data[:at] + chance.randbytes(4) + data[at + 4 :]
    return data[:at]


def test_whatever_is_damaged_in_the_files_a_start_is_right_or_refused_in_words(tmp_path: Path) -> None:
    """A journal of rows over several pages and a checkpoint of them; one damage at a time, in either file."""
    whole = tmp_path / "whole"
    journal = open_journal(whole, create=True)
    ledger = open_ledger(journal, None, ManualClock())
    for number in range(12):
        ledger.post_many(payment(number) if number else opening())
        ledger.record(random.Random(number).randbytes(9_000))
        ledger.commit()
    checkpoints = open_checkpoints(whole)
    assert checkpoints is not None
    make_checkpoint(journal, checkpoints)
    ledger.post_many(payment(99))
    ledger.commit()
    right = ledger.engine.digest()
    journal.close()
    checkpoints.close()
    refused = sum(_start(tmp_path, whole, right, seed) for seed in range(300))
    assert 50 < refused < 300


def _start(tmp_path: Path, whole: Path, right: bytes, seed: int) -> bool:
    """Whether the start was refused; else it has come to the right state, and the audit says what the start did not."""
    chance, folder = random.Random(seed), tmp_path / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(whole, folder)
    name = chance.choice(["journal.db", "journal.db", "checkpoints.db"])
    (folder / name).write_bytes(damaged((folder / name).read_bytes(), chance))
    try:
        journal = open_journal(folder)
    except FeiqianError:
        return True
    try:
        checkpoints = open_checkpoints(folder)
        audit(journal, checkpoints)
        ledger = open_ledger(journal, checkpoints, ManualClock())
        assert ledger.engine.digest() == right, seed
        return False
    except FeiqianError:
        return True
    finally:
        journal.close()


@pytest.mark.parametrize("content", [b"", bytes(33), b"\xff\xfe", b"half of it"])
def test_a_damaged_marker_is_told_with_what_to_do(folder: Path, content: bytes) -> None:
    identity = json.loads((KEPT / "expected.json").read_text())["identity"]
    (folder / "journal.id").write_bytes(content)
    with pytest.raises(JournalMissing, match=rf"journal\.id is damaged; .* {identity}"):
        open_journal(folder)
    (folder / "journal.id").write_text(identity)
    open_journal(folder).close()


def test_a_marker_is_never_left_half_written(tmp_path: Path) -> None:
    """The disk is full at each byte of it: there is none, or the whole one."""
    for limit in (0, 16, 32, 33):
        path = tmp_path / f"{limit}.id"
        subprocess.run(
            [sys.executable, "-c", WRITE_MARKER, str(path)],
            capture_output=True,
            timeout=60,
            preexec_fn=limited(limit),
        )
        assert path.exists() == (limit == 33)
        assert not path.exists() or path.read_text() == "a" * 32 + "\n"


def test_a_folder_where_the_journal_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "journal.db").mkdir()
    with pytest.raises((JournalUnavailable, JournalDamaged), match=r"journal\.db cannot be"):
        open_journal(tmp_path)


def full(folder: Path, limit: int, commands: list[list[str]]) -> list[tuple[int, str]]:
    """Runs commands where the kernel lets no file grow beyond so many bytes. Any traceback ends it, and fails here."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(folder), json.dumps(commands)],
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=limited(limit),
    )
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def test_a_full_disk_at_the_start_is_told_in_words_by_every_command(folder: Path) -> None:
    """Nothing can be written: not even the index that SQLite needs in order to read."""
    commands = [["serve", "--port", "0"], ["audit"], ["checkpoint"], ["project"], ["staff", "list"]]
    for command, (code, told) in zip(commands, full(folder, 0, commands), strict=True):
        assert code == 1, command
        assert "cannot be used" in told
        assert "Look at the disk" in told
    with_room = open_journal(folder)
    assert with_room.head().epoch == json.loads((KEPT / "expected.json").read_text())["epoch"]  # no fence was taken
    with_room.close()
    app.build(Settings(data=str(folder))).close()


@pytest.mark.parametrize("limit", [0, 20_000, 40_000, 100_000])
def test_a_bank_that_is_begun_on_a_full_disk_is_begun_again_when_there_is_room(tmp_path: Path, limit: int) -> None:
    [(code, told)] = full(tmp_path / "bank", limit, [["serve", "--create", "--port", "0"]])
    assert code == 1
    assert "Look at the disk" in told
    app.build(Settings(data=str(tmp_path / "bank")), create=True).close()
