"""`feiqian outbox`: dead letters are listed without what they say, and sent again, which the audit log tells."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sending import Bank, Scripted

from feiqian import cli
from feiqian.audit_log.log import AuditLog
from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.outbox.errors import RefusedForGood
from feiqian.runtime.work import Work
from feiqian.testing.clock import ManualClock

HOUR = 3_600_000_000


@pytest.fixture
def now(bank: Bank) -> int:
    """The commands go by the machine's clock."""
    bank.clock.advance(time.time() - bank.clock.now() / 1e6)
    return bank.clock.now()


def run(folder: Path, *arguments: str) -> int:
    return cli.main(["--data", str(folder), "outbox", *arguments])


def dead(bank: Bank, *kinds: str) -> list[str]:
    ids = []
    for kind in kinds:
        bank.sender.script[kind] = [RefusedForGood("HTTP 410")]
        ids.append(bank.add(kind, kind))
    while bank.deliver():
        pass
    return ids


def resent(bank: Bank) -> list[tuple[str, str, object]]:
    with bank.db.read() as connection:
        entries = AuditLog().newest(connection)
    return [(str(one.actor), one.about, one.details) for one in entries if one.action == "delivery_resent"][::-1]


def test_dead_letters_are_listed_and_sent_again(bank: Bank, tmp_path: Path, now: int, capsys) -> None:
    first, second = dead(bank, "a", "b")
    bank.add("c", "c")
    capsys.readouterr()
    assert run(tmp_path, "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [second, first]
    assert all(line.endswith("tried 1    HTTP 410") for line in lines)
    assert "secret" not in str(lines)
    assert run(tmp_path, "list", "--state", "queued", "--topic", "hook") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert run(tmp_path, "resend", first) == 0
    assert resent(bank) == [("staff:0", first, {"topic": "hook"})]
    bank.clock.advance(60)
    while bank.deliver():
        pass
    assert sorted(bank.kinds()) == ["a", "c"]


def test_all_dead_letters_of_a_topic_are_sent_again(bank: Bank, tmp_path: Path, now: int) -> None:
    ids = dead(bank, "a", "b", "d")
    assert run(tmp_path, "resend", "--topic", "sms") == 0
    assert resent(bank) == []
    assert run(tmp_path, "resend", "--topic", "hook") == 0
    assert [about for _, about, _ in resent(bank)] == ids
    bank.clock.advance(60)
    while bank.deliver():
        pass
    assert bank.kinds() == ["a", "b", "d"]


def test_what_cannot_be_sent_again_changes_nothing(bank: Bank, tmp_path: Path, now: int, capsys) -> None:
    [id] = dead(bank, "a")
    queued = bank.add("b")
    for wrong in ("msg_unknown", queued):
        assert run(tmp_path, "resend", id, wrong) == 1
        assert "nothing was changed" in capsys.readouterr().err
    assert (bank.rows("state"), resent(bank)) == (["dead", "queued"], [])
    for arguments in ((), (id, "--topic", "hook")):
        with pytest.raises(SystemExit, match="name dead letters"):
            run(tmp_path, "resend", *arguments)


def test_a_folder_without_a_bank_is_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="there is no bank"):
        run(tmp_path / "empty", "list")
    assert not (tmp_path / "empty").exists()


def test_what_was_resent_by_a_command_a_running_server_sends(bank: Bank, tmp_path: Path, now: int) -> None:
    """Another process cannot wake it: it looks by itself."""
    [id] = dead(bank, "a")
    assert run(tmp_path, "resend", id) == 0
    work, db = Work(), BankDb(tmp_path)
    other = Bank(db, FieldCipher(bytes(range(32))), ManualClock(), work)
    other.clock.advance(time.time() + 1 - other.clock.now() / 1e6)
    other.build(Scripted())
    assert other.deliver() == 1
    work.close()
    db.close()
