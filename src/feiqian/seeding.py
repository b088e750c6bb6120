"""Fills an empty data folder with customers, wallets and merchants: for trying out and benchmarks, never live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from feiqian.clock import SystemClock
from feiqian.customers.registry import Customers
from feiqian.db import BankDb
from feiqian.errors import FeiqianError
from feiqian.ledger.ledger import Ledger
from feiqian.ledger.recovery import open_journal, open_ledger
from feiqian.merchants.registry import Merchants, NewMerchant, Store
from feiqian.money import CNY
from feiqian.payments import opening
from feiqian.payments.policy import UNVERIFIED_PER_DAY
from feiqian.settings import Settings

CHAINS_PER_COMMIT = 4_000
NAMES_PER_BATCH = 50_000
WELL_KNOWN = ("Lotus Noodles", "Harbour Books", "Jade Pharmacy", "Corner Bakery", "River Tea", "Old Town Bikes")


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
        for first in range(1, plan.customers + 1, NAMES_PER_BATCH):
            last = min(first + NAMES_PER_BATCH, plan.customers + 1)
            customers.add([f"Customer {n}" for n in range(first, last)], clock.now())
        added = merchants.add([_merchant(i, plan) for i in range(plan.merchants)], clock.now())
        _post(ledger, _openings(plan, [merchant.number for merchant in added]))
        keys = [merchants.create_key(merchant.number, settings.mode, clock.now()) for merchant in added]
        return [SeededMerchant(m.number, m.name, key) for m, key in zip(added, keys, strict=True)]
    finally:
        ledger.close()
        journal.close()
        db.close()


def _merchant(index: int, plan: Plan) -> NewMerchant:
    name = WELL_KNOWN[index % len(WELL_KNOWN)]
    branch = index // len(WELL_KNOWN)
    stores = Store("main", "Main store"), Store("station", "Station")
    return NewMerchant(f"{name} {branch + 1}" if branch else name, CNY.number, plan.fee_basis_points, stores)


def _openings(plan: Plan, merchants: Iterable[int]) -> Iterator[bytes]:
    yield opening.bank_accounts(CNY.number)
    for number in merchants:
        yield opening.merchant(number, CNY.number)
    for number in range(1, plan.customers + 1):
        wallet = opening.wallet(
            number, CNY.number, day_amount=plan.day_amount, unverified_per_day=plan.unverified_per_day
        )
        yield wallet + opening.opening_balance(number, CNY.number, plan.balance)


def _post(ledger: Ledger, chains: Iterator[bytes]) -> None:
    while batch := b"".join(islice(chains, CHAINS_PER_COMMIT)):
        refused = set(ledger.post_many(batch)) - {0}
        if refused:
            raise RuntimeError(f"the ledger refused a seed: {sorted(refused)}")
        ledger.start_commit()
    ledger.commit()
