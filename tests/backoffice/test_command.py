"""`feiqian staff`: accounts from the command line, and the token once."""

from __future__ import annotations

from pathlib import Path

import pytest

from feiqian.audit_log.log import AuditLog
from feiqian.cli import main
from feiqian.db import BankDb


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    BankDb(tmp_path).close()
    return tmp_path


def run(folder: Path, *arguments: str) -> int:
    return main(["--data", str(folder), "staff", *arguments])


def test_an_account_is_added_listed_and_suspended(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "add", "mei", "--name", "Mei Lin", "--roles", "reviewer,supporter") == 0
    told = capsys.readouterr()
    assert len(told.out.strip()) == 43
    assert "http://localhost:8080/staff/enrol" in told.err
    assert run(folder, "list") == 0
    listed = capsys.readouterr().out
    assert listed.split() == ["mei", "invited", "reviewer,supporter", "Mei", "Lin"]
    assert run(folder, "invite", "mei") == 0
    assert capsys.readouterr().out != told.out
    assert run(folder, "suspend", "mei") == 0
    assert run(folder, "list") == 0
    assert "suspended" in capsys.readouterr().out
    db = BankDb(folder)
    with db.read() as connection:
        actions = [entry.action for entry in AuditLog().newest(connection)]
    db.close()
    assert actions == ["staff_suspended", "staff_invited", "staff_added"]


def test_abuse_62_the_token_is_not_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, "add", "mei", "--name", "Mei Lin", "--roles", "reviewer")
    token = capsys.readouterr().out.strip()
    assert all(token.encode() not in path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "M!", "--name", "Mei", "--roles", "admin"], "a login is"),
        (["add", "mei", "--name", "Mei", "--roles", "king"], "the roles of staff are"),
        (["add", "mei", "--name", " ", "--roles", "admin"], "a name has"),
        (["invite", "nobody"], "no such staff account"),
        (["suspend", "nobody"], "no such staff account"),
    ],
)
def test_what_cannot_be_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(folder, *arguments) == 1
    assert said in capsys.readouterr().err


def test_a_folder_without_a_bank_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="there is no bank"):
        run(tmp_path, "list")
