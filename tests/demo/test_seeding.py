"""A seeded bank: believable, always the same, balanced, and ready to pay with."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from feiqian.accounts.kinds import AccountKind, AllowanceKind, deposit_id
from feiqian.auth.challenges.credentials import secret_of
from feiqian.auth.challenges.hashing import SecretHasher
from feiqian.auth.challenges.strength import check_password, check_pin
from feiqian.clock import SystemClock
from feiqian.customers.registry import Customers
from feiqian.data_key import data_key_of
from feiqian.db import BankDb
from feiqian.demo.names import PASSWORD, PIN, WELCOMED
from feiqian.demo.sample_people import sample_names
from feiqian.demo.sample_shops import sample_merchants
from feiqian.demo.seeding import First, Plan, SeedRefused, mobile_of, seed
from feiqian.deposits.tables import accounts
from feiqian.kyc.numbers import mobile
from feiqian.ledger.chart import account_id, allowance_id
from feiqian.ledger.recovery import open_journal, open_ledger
from feiqian.merchants.registry import Merchants
from feiqian.money import CNY, EUR, JPY
from feiqian.policy.factors import Factor
from feiqian.policy.load import load_policy
from feiqian.settings import Settings
from feiqian.subjects import customer


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
    seeded = seed(settings, Plan(40, 5, sample_people=True))
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


def test_some_of_a_town_have_deposit_accounts_with_money(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path / "bank"))
    first = (First("Mei", 1), First("Ana", 2), First("Hana", 0, "unverified"))
    seed(settings, Plan(12, 1, sample_people=True, first=first))
    db, journal = BankDb(Path(settings.data)), open_journal(Path(settings.data))
    ledger, columns = (
        open_ledger(journal, None, SystemClock()),
        (accounts.c.customer, accounts.c.place, accounts.c.product),
    )
    with db.read() as connection:
        kept = [tuple(row) for row in connection.execute(select(*columns).order_by("customer", "place"))]
    both = [(1, "current"), (2, "savings")]
    of_first = [(number, *account) for number in (1, 2) for account in both]
    assert kept == [*of_first, (6, 1, "current"), (9, 1, "current"), (12, 1, "current")]
    balances = [ledger.engine.account(deposit_id(CNY.number, number, place)).balance for number, place, _ in kept]
    assert min(balances) > 0
    ledger.engine.check()
    ledger.close()
    journal.close()
    db.close()


def test_the_people_of_a_town_can_sign_in_and_pay_as_their_level_allows(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path / "bank"))
    first = (
        First("Lin", 5_00, "full", "lin@demo.example"),
        First("Chen", 7_00, "remote"),
        First("Hana", 0, "unverified", "", "es"),
    )
    seed(settings, Plan(20, 2, sample_people=True, first=first, password="lantern orbit teapot", pin="490713"))
    db = BankDb(Path(settings.data))
    cipher = data_key_of(db, settings.data_key)
    customers, hasher = Customers(db, cipher), SecretHasher(cipher)
    assert [customers.standing(number) for number in range(1, 6)] == [2, 1, 0, 2, 2]
    profiles = [customers.profile(number) for number in range(1, 21)]
    assert len({profile.mobile for profile in profiles if profile}) == 20
    assert all(profile and mobile(profile.mobile) == mobile_of(profile.number) for profile in profiles)
    assert [(profile.email, profile.language) for profile in profiles[:3] if profile] == [
        ("lin@demo.example", "en"),
        ("", "en"),
        ("", "es"),
    ]
    with db.read() as connection:
        for number in (1, 3, 20):
            for factor, secret in ((Factor.PASSWORD, "lantern orbit teapot"), (Factor.PIN, "490713")):
                kept = secret_of(connection, customer(number), factor)
                assert kept is not None
                assert hasher.matches(kept.decode(), secret)
    db.close()
    journal = open_journal(Path(settings.data))
    ledger = open_ledger(journal, None, SystemClock())
    assert [_balance(ledger, CNY.number, number) for number in (1, 2, 3)] == [5_00, 7_00, 0]
    assert ledger.engine.account(account_id(AccountKind.CUSTOMER_WALLET, CNY.number, 3)) is None
    caps = [ledger.engine.used(allowance_id(AllowanceKind.DAY_AMOUNT, CNY.number, number)) for number in (1, 2)]
    policy = load_policy("cn")
    assert caps == [(0, policy.level(name).limits[CNY.number].day) for name in ("full", "remote")]
    ledger.close()
    journal.close()


def test_a_bank_for_benchmarks_has_customers_who_pay_and_nothing_personal(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path / "bank"))
    seed(settings, Plan(20, 2))
    db = BankDb(Path(settings.data))
    customers = Customers(db, data_key_of(db, settings.data_key))
    assert {customers.standing(number) for number in range(1, 21)} == {2}
    assert customers.profile(1) is None
    db.close()


def test_what_opens_the_demo_is_as_strong_as_the_bank_asks_for() -> None:
    check_password(load_policy("cn").passwords, PASSWORD, [first.name for first in WELCOMED])
    check_pin(PIN, [mobile_of(number) for number in range(1, len(WELCOMED) + 1)])
    assert [first.level for first in WELCOMED].count("remote") == 2
    assert [first.level for first in WELCOMED].count("unverified") == 1
    assert len({first.email for first in WELCOMED}) == len(WELCOMED)


def _balance(ledger: object, currency: int, customer: int) -> int:
    account = ledger.engine.account(account_id(AccountKind.CUSTOMER_WALLET, currency, customer))  # type: ignore[attr-defined]
    return account.balance if account else 0
