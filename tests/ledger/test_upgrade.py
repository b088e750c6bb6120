"""What commit a30ad07 left behind is opened, gone on with, and audited; what it does with our journal is refused."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from feiqian import app, cli
from feiqian.accounts.kinds import AccountKind
from feiqian.errors import JournalDamaged
from feiqian.ledger.audit import audit
from feiqian.ledger.body import decode_body, encode_body
from feiqian.ledger.chart import account_id
from feiqian.ledger.recovery import open_checkpoints, open_journal, open_ledger
from feiqian.ledger.stamp import FIRST, FORMAT, format_of
from feiqian.payments.requests import PaymentRequest
from feiqian.settings import Settings
from feiqian.testing.clock import ManualClock

KEPT = Path(__file__).parents[1] / "fixtures" / "a30ad07"
EXPECTED: dict[str, Any] = json.loads((KEPT / "expected.json").read_text())
CNY = 156


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("journal.db", "journal.id", "bank.db", "checkpoints.db", "code-keys.json", "data-key"):
        shutil.copy(KEPT / name, tmp_path / name)
        (tmp_path / name).chmod(0o600)
    return tmp_path


def wallet(number: int) -> bytes:
    return account_id(AccountKind.CUSTOMER_WALLET, CNY, number)


def formats(folder: Path) -> list[int]:
    journal = open_journal(folder)
    found = [format_of(row.body) for row in journal.rows(0)]
    journal.close()
    return found


@pytest.mark.parametrize("from_checkpoint", [True, False])
def test_the_books_are_what_that_version_said(folder: Path, from_checkpoint: bool) -> None:
    journal = open_journal(folder)
    checkpoints = open_checkpoints(folder) if from_checkpoint else None
    ledger = open_ledger(journal, checkpoints, ManualClock())
    assert journal.identity == EXPECTED["identity"]
    assert (ledger.position, journal.head().hash.hex()) == (EXPECTED["position"], EXPECTED["hash"])
    assert ledger.engine.digest().hex() == EXPECTED["digest"]
    assert ledger.epoch == EXPECTED["epoch"] + 1
    for number, balance in EXPECTED["wallets"].items():
        account = ledger.engine.account(wallet(int(number)))
        assert (account and account.balance) == balance
    journal.close()


def test_a_bank_of_that_version_is_served_and_its_journal_goes_on_in_format_2(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two starts, however long after: a payment in each, the customers' levels as they were, and an audit of both
    formats at the end."""
    for start in range(2):
        bank = app.build(Settings(data=str(folder)), accept_time=True)
        services = bank.services
        assert [services.customers.standing(number) for number in (1, 2, 3)] == EXPECTED["standing"]
        assert asyncio.run(paid(services, f"B-{start}")) == "succeeded"
        account = services.ledger.engine.account(wallet(1))
        assert account is not None
        assert account.balance == EXPECTED["wallets"]["1"] - 500 * (start + 1)
        bank.close()
    assert formats(folder) == [FIRST] * EXPECTED["position"] + [FORMAT] * 2
    assert cli.main(["--data", str(folder), "project"]) == 0
    assert cli.main(["--data", str(folder), "checkpoint"]) == 0
    assert cli.main(["--data", str(folder), "audit"]) == 0
    told = capsys.readouterr().out
    assert "journal: 8 rows" in told
    assert "checkpoints compared: 5, 8" in told


async def paid(services: Any, order: str) -> str:
    """A payment of 500 fen by customer 1; the answer comes from the decision, so no projector is needed."""
    [shop] = services.merchants.all()
    code = services.payments.code_for(1).digits
    request = PaymentRequest(payment_code=code, amount=500, currency="CNY", merchant_order=order)
    return str((await services.payments.pay(shop, request)).status)


def test_rows_of_that_version_and_ours_are_audited_as_one_chain(folder: Path) -> None:
    journal = open_journal(folder)
    ledger = open_ledger(journal, None, ManualClock())
    ledger.record(b"a fact")
    ledger.commit()
    report = audit(journal, open_checkpoints(folder))
    assert (report.findings, report.position, report.checkpoints) == ([], EXPECTED["position"] + 1, [5])
    first, last = EXPECTED["position"], EXPECTED["position"] + 1
    journal._connection.execute("UPDATE journal SET written_at = 7 WHERE position = ?", (first,))
    assert audit(journal).clean  # format 1 has no time under its hash: SECURITY.md says so
    journal._connection.execute("UPDATE journal SET written_at = 7 WHERE position = ?", (last,))
    with pytest.raises(JournalDamaged, match=f"position {last}: its column written_at"):
        list(journal.rows(0))
    journal.close()


def test_a_start_without_a_commit_leaves_the_journal_to_that_version(folder: Path) -> None:
    """The way back is open until the first payment: nothing but the fence has changed."""
    bank = app.build(Settings(data=str(folder)), accept_time=True)
    bank.close()
    assert formats(folder) == [FIRST] * EXPECTED["position"]
    journal = open_journal(folder)
    assert journal.head().epoch == EXPECTED["epoch"] + 1
    journal.close()


def old_reader() -> Any:
    spec = importlib.util.spec_from_file_location("a30ad07_reader", KEPT / "reader.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_that_version_reads_its_own_rows_as_we_do_and_refuses_ours_in_words(folder: Path) -> None:
    """It hashes as we do, so its chain holds; and it meets four bytes that it does not know before anything else."""
    journal = open_journal(folder)
    ledger = open_ledger(journal, None, ManualClock())
    ledger.record(b"a fact")
    ledger.commit()
    reader, rows = old_reader(), list(journal.rows(0))
    for row in rows[:-1]:
        assert tuple(reader.decode_body(row.body)) == tuple(decode_body(row.body))
    with pytest.raises(ValueError, match="the body does not begin with FQB1"):
        reader.decode_body(rows[-1].body)
    journal.close()


@pytest.mark.parametrize("shape", range(50))
def test_that_version_refuses_every_body_of_format_2(shape: int) -> None:
    chance = random.Random(shape)
    facts = [chance.randbytes(chance.randrange(40)) for _ in range(chance.randrange(4))]
    written_at = chance.choice([0, -(2**63), 2**63 - 1, chance.randrange(2**60)])
    body = encode_body(chance.randbytes(80 * chance.randrange(4)), facts, written_at)
    with pytest.raises(ValueError, match="the body does not begin with FQB1"):
        old_reader().decode_body(body)
