"""Fills an empty data folder with customers, wallets and merchants: for trying out and benchmarks, never live."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from feiqian.clock import SystemClock
from feiqian.customers.registry import Customers
from feiqian.customers.samples import sample_names
from feiqian.db import BankDb
from feiqian.errors import FeiqianError
from feiqian.ledger.engine import Refusal
from feiqian.ledger.ledger import Ledger
from feiqian.ledger.recovery import open_journal, open_ledger
from feiqian.merchants.registry import Merchant, Merchants
from feiqian.merchants.samples import sample_merchants
from feiqian.money import CNY, EUR, JPY
from feiqian.payments import opening
from feiqian.payments.policy import UNVERIFIED_PER_DAY
from feiqian.settings import Settings

CHAINS_PER_COMMIT = 4_000
NAMES_PER_BATCH = 50_000
SEED = 2026
_SHARES = (0, 20, 40, 60, 80, 100, 100, 120, 200, 400)  # of the plan's balance, in per cent
EVERY_ABROAD = 10  # one customer in so many also has euros and yen, in a town


class SeedRefused(FeiqianError):
    """The data folder is not empty."""


class Plan(NamedTuple):
    """How much to seed. Amounts in minor units (fen); None leaves the policy's limits."""

    customers: int = 10_000
    merchants: int = 50
    balance: int = 5_000_00
    fee_basis_points: int = 60
    day_amount: int | None = None
    unverified_per_day: int = UNVERIFIED_PER_DAY
    town: bool = False  # balances, fees and currencies differ, as in life, rather than being as given here
    first: tuple[tuple[str, int], ...] = ()  # the first customers, each with a name and a balance of their own


class SeededMerchant(NamedTuple):
    number: int
    name: str
    key: str


def seed(settings: Settings, plan: Plan) -> list[SeededMerchant]:
    """Returns the merchants with their API keys, which are not kept. Raises SeedRefused unless the folder is empty."""
    folder, clock = Path(settings.data), SystemClock(settings.zone)
    if settings.file("journal.db").exists():
        raise SeedRefused(f"there is a bank in {folder} already; a seed is for an empty folder")
    journal = open_journal(folder, settings.journal_url, create=True)
    ledger = open_ledger(journal, None, clock)
    db = BankDb(folder, settings.bank_url)
    try:
        customers, merchants = Customers(db), Merchants(db, settings.mode)
        customers.add([name for name, _ in plan.first], clock.now())
        for first in range(len(plan.first) + 1, plan.customers + 1, NAMES_PER_BATCH):
            last = min(first + NAMES_PER_BATCH, plan.customers + 1)
            customers.add(sample_names(last - first, SEED + first), clock.now())
        fee = None if plan.town else plan.fee_basis_points
        added = merchants.add(sample_merchants(plan.merchants, abroad=plan.town, fee_basis_points=fee), clock.now())
        _post(ledger, _openings(plan, added))
        keys = [merchants.create_key(merchant.number, settings.mode, clock.now()) for merchant in added]
        return [SeededMerchant(m.number, m.name, key) for m, key in zip(added, keys, strict=True)]
    finally:
        ledger.close()
        journal.close()
        db.close()


def _openings(plan: Plan, merchants: Iterable[Merchant]) -> Iterator[bytes]:
    for currency in (CNY, EUR, JPY) if plan.town else (CNY,):
        yield opening.bank_accounts(currency.number)
    for merchant in merchants:
        yield opening.merchant(merchant.number, merchant.currency)
    dice = random.Random(SEED)
    for number in range(1, plan.customers + 1):
        yield _wallet(plan, number, CNY.number, _balance(plan, number, dice), plan.day_amount)
        if plan.town and number % EVERY_ABROAD == 0:
            yield _wallet(plan, number, EUR.number, dice.randrange(20_00, 800_00), None)
            yield _wallet(plan, number, JPY.number, dice.randrange(5_000, 90_000), None)


def _balance(plan: Plan, number: int, dice: random.Random) -> int:
    if number <= len(plan.first):
        return plan.first[number - 1][1]
    # Most people have little; a few are rich.
    return plan.balance * dice.choice(_SHARES) // 100 + dice.randrange(1, 100_00) if plan.town else plan.balance


def _wallet(plan: Plan, customer: int, currency: int, balance: int, day_amount: int | None) -> bytes:
    wallet = opening.wallet(customer, currency, day_amount=day_amount, unverified_per_day=plan.unverified_per_day)
    return wallet + opening.opening_balance(customer, currency, balance)


def _post(ledger: Ledger, chains: Iterator[bytes]) -> None:
    while batch := b"".join(islice(chains, CHAINS_PER_COMMIT)):
        refused = set(ledger.post_many(batch)) - {Refusal.OK, Refusal.EXISTS}  # a customer's wallets share one count
        if refused:
            raise RuntimeError(f"the ledger refused a seed: {sorted(refused)}")
        ledger.start_commit()
    ledger.commit()
