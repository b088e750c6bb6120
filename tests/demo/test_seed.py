"""The demo's bank: the people whom the start page offers, some of all people poor, and never half-made."""

from __future__ import annotations

from pathlib import Path

import pytest

from feiqian.accounts.kinds import AccountKind
from feiqian.clock import SystemClock
from feiqian.demo import run
from feiqian.demo.names import WELCOMED
from feiqian.ledger.chart import account_id
from feiqian.ledger.recovery import open_journal, open_ledger
from feiqian.money import CNY
from feiqian.settings import Settings


def test_the_demo_opens_with_its_people_and_some_of_all_are_poor(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path / "bank"))
    run.seed_if_empty(settings)
    journal = open_journal(Path(settings.data))
    ledger = open_ledger(journal, None, SystemClock())
    ledger.engine.check()
    wallets = [ledger.engine.account(account_id(AccountKind.CUSTOMER_WALLET, CNY.number, n)) for n in range(1, 10_001)]
    assert [n for n, wallet in enumerate(wallets) if wallet is None] == [
        n for n, first in enumerate(WELCOMED) if first.level == "unverified"
    ]
    balances = [wallet.balance if wallet is not None else 0 for wallet in wallets]
    assert balances[: len(WELCOMED)] == [first.balance for first in WELCOMED]
    assert 500 < sum(balance < 100_00 for balance in balances) < 2_000
    ledger.close()
    journal.close()


def test_an_interrupted_seed_leaves_nothing_and_a_bank_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data=str(tmp_path / "bank"))

    def interrupted(where: Settings, _plan: object) -> None:
        where.file("x").parent.mkdir()
        where.file("journal.db").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "seed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.seed_if_empty(settings)
    assert list(tmp_path.iterdir()) == []
    settings.file("journal.id").parent.mkdir()
    settings.file("journal.id").touch()  # there was a journal here
    run.seed_if_empty(settings)
    assert not settings.file("journal.db").exists()
