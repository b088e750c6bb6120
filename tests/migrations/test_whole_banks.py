"""Whole banks of older commits: served and audited, restored and rolled forward, upgraded in any order."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from feiqian import app, cli
from feiqian.accounts.kinds import AccountKind
from feiqian.db import SCHEMA_VERSION
from feiqian.ledger.chart import account_id
from feiqian.ledger.recovery import open_journal
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.payments.requests import PaymentRequest
from feiqian.projections.errors import ReadModelMismatch
from feiqian.projections.schema import check_read_models
from feiqian.settings import Settings

FIXTURES = Path(__file__).parents[1] / "fixtures"
# The commit, and the version of its bank's schema: the people; the penetration test; the public bug reports.
COMMITS = {"a30ad07": 2, "1ed1da6": 5, "8ce30af": 5}
BACKUP = ("journal.db", "journal.id", "bank.db", "code-keys.json", "data-key")  # what OPERATIONS says to back up
CNY = 156


@pytest.fixture(params=COMMITS)
def commit(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(tmp_path: Path, commit: str) -> Path:
    put(commit, tmp_path, *BACKUP, "checkpoints.db")
    return tmp_path


def put(commit: str, folder: Path, *names: str) -> None:
    for name in names:
        for old in folder.glob(f"{name}*"):  # a database's log and index, too
            old.unlink()
        shutil.copy(FIXTURES / commit / name, folder / name)
        (folder / name).chmod(0o600)


def expected(commit: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((FIXTURES / commit / "expected.json").read_text())
    return told


def schema(folder: Path) -> int:
    with sqlite3.connect(folder / "bank.db") as database:
        return int(database.execute("SELECT version FROM bank_schema").fetchone()[0])


def head(folder: Path) -> tuple[int, str, int]:
    journal = open_journal(folder)
    found = journal.head()
    journal.close()
    return found.position, found.hash.hex(), found.epoch


def served(folder: Path, commit: str, order: str, paid_before: int = 0) -> None:
    """Starts the bank, however long after, finds everybody's money and level as they were, and takes a payment of 500
    fen."""
    bank = app.build(Settings(data=str(folder)), accept_time=True)
    services, told = bank.services, expected(commit)
    assert [services.customers.standing(number) for number in (1, 2, 3)] == told["standing"]
    for number, balance in told["wallets"].items():
        account = services.ledger.engine.account(account_id(AccountKind.CUSTOMER_WALLET, CNY, int(number)))
        spent = 500 * paid_before if number == "1" else 0
        assert (account.balance if account else None) == (None if balance is None else balance - spent)
    assert asyncio.run(paid(services, order)) == "succeeded"
    bank.close()


async def paid(services: Any, order: str) -> str:
    [shop] = services.merchants.all()
    code = services.payments.code_for(1).digits
    request = PaymentRequest(payment_code=code, amount=500, currency="CNY", merchant_order=order)
    return str((await services.payments.pay(shop, request)).status)


def run(folder: Path, command: str) -> None:
    assert cli.main(["--data", str(folder), command]) == 0


def test_a_bank_of_that_commit_is_served_and_audited(folder: Path, commit: str) -> None:
    assert schema(folder) == COMMITS[commit]
    for start in range(2):
        served(folder, commit, f"B-{start}", start)
        assert schema(folder) == SCHEMA_VERSION
    for command in ("project", "checkpoint", "audit"):
        run(folder, command)


def test_a_backup_is_restored_and_rolled_forward(folder: Path, commit: str) -> None:
    """The bank's database is lost after a payment. Its backup is older than the journal, which has everything since."""
    served(folder, commit, "B-1")
    before = head(folder)
    put(commit, folder, "bank.db")
    assert schema(folder) == COMMITS[commit]
    served(folder, commit, "B-2", 1)
    assert head(folder)[0] == before[0] + 1
    for command in ("project", "checkpoint", "audit"):
        run(folder, command)


def test_a_whole_backup_goes_on_in_another_folder_without_what_is_derived(tmp_path: Path, commit: str) -> None:
    put(commit, tmp_path, *BACKUP)
    served(tmp_path, commit, "B-1")
    for command in ("project", "checkpoint", "audit"):
        run(tmp_path, command)


@pytest.mark.parametrize("first", ["project", "checkpoint"])
def test_projector_and_checkpointer_can_be_upgraded_before_the_server(folder: Path, commit: str, first: str) -> None:
    """They write only what is derived: an older server goes on with its journal and its bank."""
    before = head(folder)
    run(folder, first)
    assert (head(folder), schema(folder)) == (before, COMMITS[commit])
    served(folder, commit, "B-1")
    run(folder, "project")
    run(folder, "audit")


@pytest.mark.parametrize("first", ["project", "checkpoint"])
def test_projector_and_checkpointer_go_on_when_the_server_is_upgraded_first(
    folder: Path, commit: str, first: str
) -> None:
    """What they left, from before the server, is used or made again."""
    run(folder, first)
    served(folder, commit, "B-1")
    run(folder, first)
    run(folder, "project")
    run(folder, "audit")


@pytest.mark.parametrize("of_version", ["newer", "older"])
def test_a_server_does_not_start_beside_a_newer_read_model_and_does_beside_an_older(
    folder: Path, of_version: str
) -> None:
    run(folder, "project")
    with sqlite3.connect(folder / "read.db") as read_model:
        read_model.execute(f"UPDATE progress SET version = version {'+' if of_version == 'newer' else '-'} 1")
    journal = open_journal(folder)
    if of_version == "newer":
        with pytest.raises(ReadModelMismatch, match="this program writes version"):
            check_read_models(journal, folder / "read.db", [PAYMENTS])
    else:
        assert check_read_models(journal, folder / "read.db", [PAYMENTS]) == 0
    journal.close()


def test_a_command_that_opens_the_bank_migrates_it(folder: Path) -> None:
    run(folder, "project")
    run(folder, "audit")
    assert schema(folder) == SCHEMA_VERSION


def test_what_was_pending_is_carried_out_by_the_first_server(folder: Path) -> None:
    with sqlite3.connect(folder / "bank.db") as database:
        [(frozen,)] = database.execute("SELECT min(customer) FROM customers_profiles").fetchall()
        database.execute("INSERT INTO customers_level_changes VALUES (1, 2, 0, 'staff', 1, 1)")
        values = "frozen = 'thawing', frozen_role = 'customer', frozen_number = customer"
        database.execute(f"UPDATE customers_profiles SET {values} WHERE customer = ?", (frozen,))
    bank = app.build(Settings(data=str(folder)), accept_time=True)
    assert [asyncio.run(bank.services.intents.sweep()) for _ in range(2)] == [2, 0]
    assert bank.services.customers.standing(1) == 2
    profile = bank.services.customers.profile(frozen)
    assert profile is not None
    assert not profile.frozen
    bank.close()
    for command in ("project", "audit"):
        run(folder, command)
