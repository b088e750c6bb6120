"""Fills an empty data folder with the demo's people, shops and balances; the same every time. Never for live use."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from feiqian.clock import SystemClock
from feiqian.customers.registry import Customers
from feiqian.db import BankDb
from feiqian.ledger.ledger import Ledger
from feiqian.ledger.recovery import open_journal, open_ledger
from feiqian.merchants.registry import Merchants, NewMerchant, Store
from feiqian.money import CNY
from feiqian.payments import opening
from feiqian.settings import Settings

from .names import FAMILY, GIVEN, SHOPS, STORES, WELCOMED

CUSTOMERS, MERCHANTS = 10_000, len(SHOPS)
CHAINS_PER_COMMIT = 4_000
POOR = 0.04  # of the customers: enough that the shoppers meet too little money now and then
UNVERIFIED_PER_DAY = 1_000  # shoppers shop all day
FEES_BASIS_POINTS = (0, 38, 60, 60, 60, 100)


def seed_bank(settings: Settings) -> None:
    """Makes the bank. What was half done before (a seed interrupted) is not mended: the folder must be empty."""
    folder, clock, rng = Path(settings.data), SystemClock(settings.zone), random.Random(8080)
    people = list(customers(rng))
    journal = open_journal(folder, settings.journal_url, create=True)
    db = BankDb(folder, settings.bank_url)
    ledger = open_ledger(journal, None, clock)
    try:
        Customers(db).add([name for name, _ in people], clock.now())
        shops = Merchants(db, settings.mode).add(list(merchants(rng)), clock.now())
        post(ledger, openings([balance for _, balance in people], [shop.number for shop in shops]))
    finally:
        ledger.close()
        journal.close()
        db.close()


def customers(rng: random.Random) -> Iterator[tuple[str, int]]:
    """Names, and what they bring with them (fen)."""
    yield from WELCOMED
    for _ in range(CUSTOMERS - len(WELCOMED)):
        name = f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"
        poor = rng.random() < POOR
        yield name, rng.randint(0, 15_00) if poor else round(rng.lognormvariate(7.6, 0.8)) * 100 + rng.randrange(100)


def merchants(rng: random.Random) -> Iterator[NewMerchant]:
    for name in SHOPS:
        stores = tuple(Store(f"s{i}", place) for i, place in enumerate(rng.sample(STORES, rng.randint(1, 3)), 1))
        yield NewMerchant(name, CNY.number, rng.choice(FEES_BASIS_POINTS), stores)


def openings(balances: list[int], shops: list[int]) -> Iterator[bytes]:
    """The ledger's chains: the bank's accounts, the shops', the wallets with what is in them."""
    yield opening.bank_accounts(CNY.number)
    for number in shops:
        yield opening.merchant(number, CNY.number)
    for number, balance in enumerate(balances, 1):
        wallet = opening.wallet(number, CNY.number, unverified_per_day=UNVERIFIED_PER_DAY)
        yield wallet + (opening.opening_balance(number, CNY.number, balance) if balance else b"")


def post(ledger: Ledger, chains: Iterator[bytes]) -> None:
    while batch := b"".join(islice(chains, CHAINS_PER_COMMIT)):
        refused = set(ledger.post_many(batch)) - {0}
        if refused:
            raise RuntimeError(f"the ledger refused a seed: {sorted(refused)}")
        ledger.start_commit()
    ledger.commit()
