"""The demo's bank: as many as promised, some of them poor, the books balanced, the same every time."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from feiqian.clock import SystemClock
from feiqian.demo import run
from feiqian.demo.names import SHOPS, WELCOMED
from feiqian.demo.seed import CUSTOMERS, customers, merchants, seed_bank
from feiqian.ledger.chart import AccountKind, account_id
from feiqian.ledger.recovery import open_journal, open_ledger
from feiqian.money import CNY
from feiqian.settings import Settings


def test_people_and_shops_are_the_same_every_time() -> None:
    people = list(customers(random.Random(1)))
    assert people == list(customers(random.Random(1)))
    assert len(people) == CUSTOMERS == 10_000
    assert people[: len(WELCOMED)] == list(WELCOMED)
    assert 200 < sum(balance < 15_00 for _, balance in people) < 800


def test_every_shop_has_a_name_a_store_and_a_fee() -> None:
    shops = list(merchants(random.Random(1)))
    assert len(shops) == len(set(SHOPS)) == 50
    assert all(shop.stores and 0 <= shop.fee_basis_points <= 100 for shop in shops)


def test_the_seeded_books_balance(tmp_path: Path) -> None:
    seed_bank(Settings(data=str(tmp_path)))
    journal = open_journal(tmp_path)
    ledger = open_ledger(journal, None, SystemClock())
    ledger.engine.check()
    first = ledger.engine.account(account_id(AccountKind.CUSTOMER_WALLET, CNY.number, 1))
    assert first is not None
    assert first.balance == WELCOMED[0][1]
    assert ledger.engine.counts()[0] == 10_000 + 50 + 3
    ledger.close()
    journal.close()


def test_an_interrupted_seed_leaves_nothing_and_a_bank_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data=str(tmp_path / "bank"))

    def interrupted(where: Settings) -> None:
        where.file("x").parent.mkdir()
        where.file("journal.db").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "seed_bank", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.seed_if_empty(settings)
    assert list(tmp_path.iterdir()) == []
    settings.file("journal.id").parent.mkdir()
    settings.file("journal.id").touch()  # there was a journal here
    run.seed_if_empty(settings)
