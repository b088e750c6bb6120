"""A seeded bank: believable, always the same, balanced, and ready to pay with."""

from __future__ import annotations

from pathlib import Path

import pytest

from feiqian.clock import SystemClock
from feiqian.customers.registry import Customers
from feiqian.customers.samples import sample_names
from feiqian.db import BankDb
from feiqian.ledger.chart import AccountKind, account_id
from feiqian.ledger.recovery import open_journal, open_ledger
from feiqian.merchants.registry import Merchants
from feiqian.merchants.samples import sample_merchants
from feiqian.money import CNY, EUR, JPY
from feiqian.seeding import Plan, SeedRefused, seed
from feiqian.settings import Settings


def test_names_are_the_same_for_the_same_seed_and_differ_otherwise() -> None:
    assert sample_names(100, 1) == sample_names(100, 1) != sample_names(100, 2)
    assert all(name == name.strip() and 2 <= len(name) <= 40 for name in sample_names(2_000, 3))


def test_merchants_have_names_stores_and_fees_of_their_own() -> None:
    merchants = sample_merchants(50, abroad=True)
    assert len({merchant.name for merchant in merchants}) == 50
    assert all(1 <= len(merchant.stores) <= 4 for merchant in merchants)
    assert all(len({store.code for store in merchant.stores}) == len(merchant.stores) for merchant in merchants)
    assert len({merchant.fee_basis_points for merchant in merchants}) > 5
    assert [merchant.currency for merchant in merchants[-2:]] == [EUR.number, JPY.number]
    assert {merchant.currency for merchant in merchants[:-2]} == {CNY.number}
    assert {merchant.fee_basis_points for merchant in sample_merchants(60, fee_basis_points=7)} == {7}


def test_a_town_has_wallets_of_several_currencies_and_its_books_balance(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path / "bank"))
    seeded = seed(settings, Plan(40, 5, town=True))
    db, journal = BankDb(Path(settings.data)), open_journal(Path(settings.data))
    ledger = open_ledger(journal, None, SystemClock())
    merchants = Merchants(db, settings.mode)
    assert [merchants.by_key(merchant.key) for merchant in seeded] == merchants.all()
    assert Customers(db).count == 40
    ledger.engine.check()
    assert set(ledger.engine.totals()) == {CNY.number, EUR.number, JPY.number}
    balances = {_balance(ledger, CNY.number, number) for number in range(1, 41)}
    assert len(balances) > 30
    assert [number for number in range(1, 41) if _balance(ledger, JPY.number, number)] == [10, 20, 30, 40]
    with pytest.raises(SeedRefused):
        seed(settings, Plan(1, 1))
    ledger.close()
    journal.close()
    db.close()


def _balance(ledger: object, currency: int, customer: int) -> int:
    account = ledger.engine.account(account_id(AccountKind.CUSTOMER_WALLET, currency, customer))  # type: ignore[attr-defined]
    return account.balance if account else 0
