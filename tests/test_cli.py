"""The command line teaches, refuses what is wrong in a sentence, and does what it says on a real data folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from feiqian.cli import main, parser
from feiqian.ledger.body import encode_body
from feiqian.ledger.recovery import open_journal
from feiqian.projections.database import open_database

COMMANDS = list(next(action for action in parser()._actions if action.dest == "command").choices or ())


@pytest.fixture
def own_bank(bank: Path, tmp_path: Path) -> Path:
    """A copy, for a test that harms it."""
    return Path(shutil.copytree(bank, tmp_path / "bank"))


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "bank"
    assert (
        main(
            ["--data", str(folder), "--log-level", "error", "seed", "--customers", "20", "--merchants", "2", "--quiet"]
        )
        == 0
    )
    return folder


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["--log-level", "error", *arguments]) == 0
    return capsys.readouterr().out


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    text = capsys.readouterr().out
    for command in COMMANDS:
        assert f"  {command} " in text
    assert "first steps" in text
    assert "in_flight_limit" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    assert len(capsys.readouterr().out) > 200


def test_a_seed_is_for_an_empty_folder(bank: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(bank), "seed"]) == 1
    assert "already" in capsys.readouterr().err


def test_a_live_bank_is_not_seeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEIQIAN_MODE", "live")
    assert main(["--data", str(tmp_path / "x"), "seed"]) == 1


def test_keys_are_shown_once_listed_and_revoked(bank: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", str(bank))
    key = told(capsys, *data, "keys", "create", "2").strip()
    assert re.fullmatch(r"fq_test_[\w-]{43}", key)
    listed = told(capsys, *data, "keys", "list", "2")
    assert key not in listed
    assert key[:12] in listed
    assert told(capsys, *data, "keys", "revoke", "2", key[:12]) == ""
    assert "revoked" in told(capsys, *data, "keys", "list", "2")
    assert main([*data, "keys", "revoke", "2", key[:12]]) == 1
    assert main([*data, "keys", "create", "99"]) == 1


def test_a_key_is_made_with_a_name_scopes_and_an_end(bank: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, scopes = ("--data", str(bank)), "orders:read,orders:write"
    key = told(capsys, *data, "keys", "create", "1", "--name", "Web shop", "--scopes", scopes, "--days", "30").strip()
    [line] = [one for one in told(capsys, *data, "keys", "list", "1").splitlines() if one.startswith(key[:12])]
    assert re.search(f"active until .*  not used  {scopes}  Web shop$", line)
    for wrong in (["--scopes", "orders"], ["--scopes", ""], ["--days", "-1"], ["--days", "3651"], ["--name", "x" * 61]):
        with pytest.raises(SystemExit, match=r"^feiqian: "):
            main([*data, "keys", "create", "1", *wrong])


def test_the_books_are_audited_checkpointed_and_projected(bank: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", str(bank))
    assert "position 1" in told(capsys, *data, "checkpoint")
    assert "position 1" in told(capsys, *data, "project")
    assert "position 1" in told(capsys, *data, "project", "--rebuild")
    report = json.loads(told(capsys, *data, "audit", "--json"))
    assert report["findings"] == []
    assert report["checkpoints"] == [1]
    assert told(capsys, *data, "audit").rstrip().endswith("clean")


def test_abuse_85_audit_and_project_say_what_is_set_aside_until_it_is_repaired(
    own_bank: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(own_bank)]
    journal = open_journal(own_bank)
    head = journal.open_writer()
    journal.append(head.position + 1, encode_body(b"", [b"\x91\xa3new"], 0), 0)
    journal.close()
    place = f"position {head.position + 1}, part 0 (facts)"
    for command in ("project", "audit"):
        assert main([*data, command]) == 1
        assert place in capsys.readouterr().out
    assert main([*data, "project", "--repair"]) == 1  # this version still knows no such fact
    assert place in capsys.readouterr().out
    db = open_database(own_bank / "read.db")
    for table in ("set_aside", "incomplete"):
        db.change(f"DELETE FROM {table}")
    db.close()
    assert main([*data, "project"]) == 0  # as if it were repaired
    assert main([*data, "project", "--rebuild"]) == 1


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"nonsense" * 999)])
def test_abuse_86_the_command_rebuilds_what_is_gone_or_damaged(
    own_bank: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], object]
) -> None:
    data = ["--data", str(own_bank)]
    assert main([*data, "project"]) == 0
    for options in (["--rebuild"], ["--repair"], []):
        damage(own_bank / "read.db")
        assert main([*data, "project", *options]) == 0
    assert main([*data, "audit"]) == 0
    capsys.readouterr()


def test_codes_keys_are_rotated(bank: Path) -> None:
    before = (bank / "code-keys.json").read_bytes() if (bank / "code-keys.json").exists() else b""
    assert main(["--data", str(bank), "keys", "rotate-codes"]) == 0
    assert (bank / "code-keys.json").read_bytes() != before


def test_a_key_file_that_cannot_be_used_is_said_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = tmp_path / "code-keys.json"
    keys.write_text('{"format":3}')
    keys.chmod(0o600)
    assert main(["--data", str(tmp_path), "keys", "rotate-codes"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("feiqian: ")
    assert "later version" in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--data", "/nowhere/at/all", "audit"], 1, "journal"),
        (["--config", "/nowhere.toml", "audit"], 2, "/nowhere.toml"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    arguments: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    error = capsys.readouterr().err
    assert error.startswith("feiqian: ")
    assert says in error
    assert "Traceback" not in error


def test_a_server_serves_restarts_its_children_and_stops_in_order(bank: Path) -> None:
    environment = {**os.environ, "FEIQIAN_DATA": str(bank), "FEIQIAN_LOG_FORMAT": "json", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "feiqian", "serve", "--port", "0"]
    server = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    try:
        port, projector = 0, 0
        for line in server.stderr:
            port = int(found[1]) if (found := re.search(r"http://127\.0\.0\.1:(\d+)", line)) else port
            event = json.loads(line)
            if event["event"] == "child_started" and event["child"] == "projector":
                if projector:
                    break
                projector = event["pid"]
                os.kill(projector, signal.SIGKILL)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60) as answer:
            assert json.load(answer)["status"] == "ok"
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    finally:
        server.kill()
        server.wait()
        server.stderr.close()


def test_children_end_when_their_server_is_gone(bank: Path) -> None:
    environment = {**os.environ, "FEIQIAN_DATA": str(bank)}
    for command in ("project", "checkpoint"):
        arguments = [sys.executable, "-m", "feiqian", command, "--child"]
        child = subprocess.Popen(arguments, env=environment, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(60) == 0
