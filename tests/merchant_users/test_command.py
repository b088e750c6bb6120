"""`feiqian merchants`: the bank invites the first of a merchant's people; a running server sends the message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from feiqian.audit_log.log import AuditLog
from feiqian.cli import main
from feiqian.data_key import data_key_of
from feiqian.db import BankDb
from feiqian.merchants.registry import Merchants, NewMerchant
from feiqian.money import CNY
from feiqian.outbox.model import State
from feiqian.outbox.store import kept


@contextmanager
def opened(folder: Path) -> Iterator[BankDb]:
    with closing(BankDb(folder)) as db:
        yield db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with opened(tmp_path) as db:
        data_key_of(db, tmp_path / "data-key")
        merchants = Merchants(db, "test")
        merchants.add([NewMerchant("Teahouse", CNY.number, 60)], 1)
        merchants.close()
    return tmp_path


def run(folder: Path, *arguments: str) -> int:
    return main(["--data", str(folder), "merchants", *arguments])


def test_somebody_is_invited_and_the_message_waits(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "invite", "1", "lin@shop.example") == 0
    told = capsys.readouterr()
    assert "invited to Teahouse as owner" in told.err
    assert told.out == ""  # the link is told to whoever reads the mailbox alone
    assert run(folder, "people", "1") == 0
    assert capsys.readouterr().out.split() == ["lin@shop.example", "owner", "invited"]
    with opened(folder) as db, db.read() as connection:
        assert [one.kind for one in kept(connection, State.QUEUED, "email", 10)] == ["merchant_invitation"]
        assert [entry.action for entry in AuditLog().newest(connection)] == ["user_invited"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["invite", "1", "no address"], "not an e-mail address"),
        (["invite", "1", "lin@shop.example", "--role", "king"], "the roles are owner, developer, operator, viewer"),
        (["invite", "7", "lin@shop.example"], "no merchant number 7"),
    ],
)
def test_what_cannot_be_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    try:
        assert run(folder, *arguments) == 1
        told = capsys.readouterr().err
    except SystemExit as error:
        told = str(error)
    assert said in told


def test_where_there_is_no_bank_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        run(tmp_path / "none", "people", "1")
    assert not (tmp_path / "none").exists()
