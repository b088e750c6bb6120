"""A second server on one bank: refused with words before it takes anything from the first; taking over is asked for."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from served_bank import WAIT_SECONDS, ServedBank, until

from feiqian.ledger.recovery import open_journal
from feiqian.testing.postgres import Postgres

NewBank = Callable[..., ServedBank]


@pytest.fixture
def new_bank(tmp_path: Path) -> Iterator[NewBank]:
    banks: list[ServedBank] = []

    def new(**settings: Any) -> ServedBank:
        banks.append(ServedBank(tmp_path / f"bank-{len(banks)}", 20, **settings))
        return banks[-1]

    yield new
    for bank in banks:
        bank.close()


def epoch(bank: ServedBank) -> int:
    with closing(open_journal(Path(bank.settings.data), bank.settings.journal_url)) as journal:
        return journal.head().epoch


def test_abuse_78_a_second_server_on_the_folder_is_refused_before_the_fence(new_bank: NewBank) -> None:
    bank = new_bank()
    bank.start()
    before = epoch(bank)
    for port in (str(bank.port), "0"):
        for arguments in (("serve",), ("serve", "--take-over"), ("demo",)):
            said = bank.refused(*arguments, FEIQIAN_PORT=port)
            wanted = "cannot listen on" if arguments == ("demo",) and port != "0" else "works on the data folder"
            assert wanted in said, said
            assert "Traceback" not in said
    assert "works on the data folder" in bank.refused("seed")
    assert epoch(bank) == before
    assert bank.pay(1)["status"] == "succeeded"


def test_abuse_78_a_port_that_is_taken_is_found_before_the_fence(new_bank: NewBank) -> None:
    bank = new_bank()
    before = epoch(bank)
    with socket.create_server(("127.0.0.1", bank.port)):
        assert f"cannot listen on 127.0.0.1:{bank.port}" in bank.refused("serve")
    assert epoch(bank) == before
    bank.start()
    assert bank.pay(1)["status"] == "succeeded"


def test_the_port_of_a_bank_whose_server_does_not_run_is_given_to_nobody_else(new_bank: NewBank) -> None:
    with socket.socket() as another, pytest.raises(OSError, match="in use"):
        another.bind(("127.0.0.1", new_bank().port))


def test_after_a_kill_the_next_server_starts_at_once(new_bank: NewBank) -> None:
    bank = new_bank()
    for number in range(1, 4):
        bank.start()
        assert bank.pay(number)["status"] == "succeeded"
        bank.kill()
    locks = {path.name for path in Path(bank.settings.data).iterdir() if "lock" in path.name}
    assert locks <= {"code-keys.json.lock"}  # which nobody holds: it is there while keys are changed


def test_abuse_78_a_journal_that_lies_in_another_banks_folder_has_one_writer(new_bank: NewBank, tmp_path: Path) -> None:
    bank = new_bank()
    other = tmp_path / "other"
    other.mkdir()
    for name in ("journal.db", "journal.db-wal", "journal.db-shm", "journal.id"):
        (other / name).symlink_to(Path(bank.settings.data) / name)
    bank.start()
    before = epoch(bank)
    assert "works on the data folder" in bank.refused("serve", FEIQIAN_DATA=str(other), FEIQIAN_PORT="0")
    assert epoch(bank) == before


def test_abuse_78_a_journal_in_postgresql_has_one_writer_until_another_takes_over(
    new_bank: NewBank, postgres: Postgres
) -> None:
    first = new_bank(journal_url=postgres.database())
    first.start()
    assert first.pay(1)["status"] == "succeeded"
    before, elsewhere = epoch(first), str(Path(first.settings.data).with_name("elsewhere"))
    environment = {"FEIQIAN_DATA": elsewhere, "FEIQIAN_PORT": "0"}
    said = first.refused("serve", "--create", **environment)
    assert "another server writes the journal" in said
    assert "--take-over" in said
    assert epoch(first) == before
    assert first.pay(2)["status"] == "succeeded"

    second = first.copy(Path(elsewhere))
    second.start("--take-over")
    assert epoch(first) == before + 1
    assert first.wait() == 70  # it finds out by itself, although nobody pays
    assert second.refused("serve", FEIQIAN_DATA=first.settings.data, FEIQIAN_PORT="0").count("another server writes")
    assert second.ask("/healthz")["status"] == "ok"
    second.kill()
    third = first.copy(Path(first.settings.data))
    third.start()  # the session of the killed one has ended with it
    assert third.pay(3)["status"] == "succeeded"
    third.close()


def test_whatever_the_umask_all_that_a_server_makes_is_its_owners_only(new_bank: NewBank) -> None:
    before = os.umask(0)
    try:
        bank = new_bank()
        bank.start()
        assert bank.pay(1)["status"] == "succeeded"
        folder = Path(bank.settings.data)
        until((folder / "read.db-shm").exists)  # its projector begins by itself
        assert bank.command("checkpoint").wait(WAIT_SECONDS) == 0
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path != bank.log}
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {name for name, mode in modes.items() if mode != 0o600} == set()
    assert {"journal.db-wal", "bank.db", "read.db", "read.db-shm", "checkpoints.db", "code-keys.json"} <= set(modes)
