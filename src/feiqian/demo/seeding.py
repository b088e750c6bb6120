"""Fills an empty data folder with customers, wallets and merchants: for trying out and benchmarks, never live."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from feiqian.accounts import opening
from feiqian.audit_log.log import AuditLog
from feiqian.auth.challenges.credentials import add_secrets
from feiqian.auth.challenges.hashing import hasher_of
from feiqian.clock import Clock, SystemClock
from feiqian.customers.level_numbers import number_levels
from feiqian.customers.levels import record_baseline
from feiqian.customers.profiles import NewProfile
from feiqian.customers.registry import Customers
from feiqian.customers.seeded import mark_seeded
from feiqian.data_key import data_key_of
from feiqian.db import BankDb
from feiqian.demo.sample_people import sample_names
from feiqian.demo.sample_shops import sample_merchants
from feiqian.deposits import opening as deposit_opening
from feiqian.deposits.model import AccountState
from feiqian.deposits.numbers import new_number
from feiqian.deposits.openings import PRODUCTS
from feiqian.deposits.rows import NewAccount, add
from feiqian.errors import FeiqianError
from feiqian.folder import FolderLock, make_folder
from feiqian.ids import CustomerNumber, MerchantNumber
from feiqian.ledger.bounds import check_sums
from feiqian.ledger.engine import Refusal
from feiqian.ledger.journal import Journal
from feiqian.ledger.ledger import Ledger
from feiqian.ledger.recovery import open_journal, open_ledger
from feiqian.merchants import opening as merchant_opening
from feiqian.merchants.registry import Merchant, Merchants
from feiqian.money import CNY, EUR, JPY, NOTHING, CurrencyNumber, MinorUnits
from feiqian.policy.factors import Factor
from feiqian.policy.load import load_policy
from feiqian.policy.model import Level, Policy
from feiqian.settings import Settings
from feiqian.subjects import customer as customer_of

CHAINS_PER_COMMIT = 4_000
NAMES_PER_BATCH = 50_000
SEED = 2026
_SHARES = (0, 20, 40, 60, 80, 100, 100, 120, 200, 400)  # of the plan's balance, in per cent
EVERY_ABROAD = 10  # one customer in so many also has euros and yen, in a town
EVERY_DEPOSITOR = 3  # one customer in so many has a deposit account, in a town
LANGUAGE = "zh"  # of a town's customers, but the first


class SeedRefused(FeiqianError):
    """The data folder is not empty."""


class First(NamedTuple):
    """One of the first customers, made as wished: `balance` in fen, `level` one of the policy's. What is None is as of
    the others: what is on the current account (fen), what a day's payments may be (fen), and how many of them nobody
    needs to verify."""

    name: str
    balance: int
    level: str = "full"
    email: str = ""
    language: str = "en"
    deposit: int | None = None
    day_amount: int | None = None
    unverified_per_day: int | None = None


class Plan(NamedTuple):
    """How much to seed. Amounts in minor units (fen); None leaves the policy's limits."""

    customers: int = 10_000
    merchants: int = 50
    balance: int = 5_000_00
    fee_basis_points: int = 60
    day_amount: int | None = None
    unverified_per_day: int | None = None
    sample_people: bool = (
        False  # balances, fees and currencies differ, as in life; everybody has a mobile number and can sign in
    )
    first: tuple[First, ...] = ()
    password: str = ""  # of everybody in a town; "" gives them none
    pin: str = ""


class SeededMerchant(NamedTuple):
    number: MerchantNumber
    name: str
    key: str


def mobile_of(number: CustomerNumber) -> str:
    """The invented mobile number (E.164) of a town's customer."""
    return f"+86138{number:08d}"


def seed(settings: Settings, plan: Plan, clock: Clock | None = None) -> list[SeededMerchant]:
    """Returns the merchants with their API keys, which are not kept. `clock` instead of the machine's.

    Raises SeedRefused unless the folder is empty.
    """
    folder, policy = Path(settings.data), load_policy(settings.policy)
    make_folder(folder)
    with closing(FolderLock(folder)):
        if settings.file("journal.db").exists():
            raise SeedRefused(f"there is a bank in {folder} already; a seed is for an empty folder")
        with closing(open_journal(folder, settings.journal_url, create=True)) as journal:
            journal.lock()
            return _seed(settings, plan, policy, journal, clock or SystemClock(settings.zone))


def _seed(settings: Settings, plan: Plan, policy: Policy, journal: Journal, clock: Clock) -> list[SeededMerchant]:
    ledger = open_ledger(journal, None, clock)
    db = BankDb(Path(settings.data), settings.bank_url)
    try:
        with db.write() as connection:
            policy = number_levels(AuditLog(), connection, policy, clock.now())
            record_baseline(AuditLog(), connection, clock.now())
        _add_customers(db, plan, policy, clock.now())
        if plan.sample_people:
            _move_in(db, settings, plan, clock)
        merchants = Merchants(db, settings.mode)
        fee = None if plan.sample_people else plan.fee_basis_points
        added = merchants.add(
            sample_merchants(plan.merchants, abroad=plan.sample_people, fee_basis_points=fee), clock.now()
        )
        _post(ledger, _openings(plan, policy, added))
        if plan.sample_people:
            _post(ledger, _add_deposits(db, settings, plan, policy, clock.now()))
        keys = [merchants.create_key(merchant.number, settings.mode, clock.now()) for merchant in added]
        return [SeededMerchant(m.number, m.name, key) for m, key in zip(added, keys, strict=True)]
    finally:
        ledger.close()
        db.close()


# --- people ----------------------------------------------------------------------------------------------------------


def _add_customers(db: BankDb, plan: Plan, policy: Policy, now: int) -> None:
    customers = Customers(db)
    for first in plan.first:
        customers.add([first.name], now, policy.level(first.level).number)
    full = policy.level("full").number
    for begin in range(len(plan.first) + 1, plan.customers + 1, NAMES_PER_BATCH):
        end = min(begin + NAMES_PER_BATCH, plan.customers + 1)
        customers.add(sample_names(end - begin, SEED + begin), now, full)
    mark_seeded(db, range(1, plan.customers + 1))


def _move_in(db: BankDb, settings: Settings, plan: Plan, clock: Clock) -> None:
    """Everybody gets a mobile number, and all of them the same password and PIN: one hash of each, computed once."""
    cipher, now = data_key_of(db, settings.data_key), clock.now()
    profiles, hasher = Customers(db, cipher).profiles, hasher_of(cipher, settings.hashing)
    numbers = [CustomerNumber(n) for n in range(1, plan.customers + 1)]
    with db.write() as connection:
        profiles.add(connection, (_profile(plan, number) for number in numbers))
        if plan.password:
            secrets = {Factor.PASSWORD: plan.password, Factor.PIN: plan.pin}
            hashes = {factor: hasher.hash(text).encode() for factor, text in secrets.items()}
            add_secrets(connection, map(customer_of, numbers), hashes, now)


def _profile(plan: Plan, number: CustomerNumber) -> NewProfile:
    if number > len(plan.first):
        return NewProfile(number, mobile_of(number), "", LANGUAGE)
    first = plan.first[number - 1]
    return NewProfile(number, mobile_of(number), first.email, first.language)


def _add_deposits(db: BankDb, settings: Settings, plan: Plan, policy: Policy, now: int) -> Iterator[bytes]:
    """Deposit accounts of some, in the bank's database; gives what opens them in the ledger, with what is on them."""
    cipher, dice, prefix = data_key_of(db, settings.data_key), random.Random(SEED), settings.account_prefix
    new = [
        NewAccount(number, CNY.number, place, product, new_number(prefix), "", now, AccountState.OPEN)
        for number in map(CustomerNumber, range(1, plan.customers + 1))
        if _level(plan, policy, number).pays
        for place, product in enumerate(_products(plan, number), 1)
    ]
    with db.write() as connection:
        add(connection, cipher, new)
    for one in new:
        amount = MinorUnits(plan.balance * dice.choice(_SHARES) // 50 + dice.randrange(1, 5_000_00))
        wished = plan.first[one.customer - 1].deposit if one.customer <= len(plan.first) else None
        amount = amount if wished is None else MinorUnits(wished)
        yield deposit_opening.with_balance(one.customer, CNY.number, one.place, amount)


def _products(plan: Plan, number: int) -> tuple[str, ...]:
    """The first have a current and a savings account; of the others, some have a current one."""
    if number <= len(plan.first):
        return PRODUCTS
    return PRODUCTS[:1] if number % EVERY_DEPOSITOR == 0 else ()


# --- money -----------------------------------------------------------------------------------------------------------


def _openings(plan: Plan, policy: Policy, merchants: Iterable[Merchant]) -> Iterator[bytes]:
    for currency in (CNY, EUR, JPY) if plan.sample_people else (CNY,):
        yield opening.bank_accounts(currency.number)
    for merchant in merchants:
        yield merchant_opening.merchant(merchant.number, merchant.currency)
    dice = random.Random(SEED)
    for number in map(CustomerNumber, range(1, plan.customers + 1)):
        balance = _balance(plan, number, dice)
        level = _level(plan, policy, number)
        if not level.pays:
            continue
        yield _wallet(plan, level, number, CNY.number, balance)
        if plan.sample_people and number % EVERY_ABROAD == 0:
            yield _wallet(plan, level, number, EUR.number, MinorUnits(dice.randrange(20_00, 800_00)))
            yield _wallet(plan, level, number, JPY.number, MinorUnits(dice.randrange(5_000, 90_000)))


def _level(plan: Plan, policy: Policy, number: int) -> Level:
    return policy.level(plan.first[number - 1].level if number <= len(plan.first) else "full")


def _balance(plan: Plan, number: CustomerNumber, dice: random.Random) -> MinorUnits:
    if number <= len(plan.first):
        return MinorUnits(plan.first[number - 1].balance)
    # Most people have little; a few are rich.
    if not plan.sample_people:
        return MinorUnits(plan.balance)
    return MinorUnits(plan.balance * dice.choice(_SHARES) // 100 + dice.randrange(1, 100_00))


def _wallet(plan: Plan, level: Level, customer: CustomerNumber, currency: CurrencyNumber, balance: MinorUnits) -> bytes:
    limits = level.limits_in(currency)
    day = limits.day if limits is not None else NOTHING
    first = plan.first[customer - 1] if customer <= len(plan.first) else None
    asked = plan.day_amount if first is None or first.day_amount is None else first.day_amount
    per_day = plan.unverified_per_day if first is None or first.unverified_per_day is None else first.unverified_per_day
    wallet = opening.wallet(
        customer,
        currency,
        day_amount=MinorUnits(asked) if asked is not None and currency == CNY.number else day,
        unverified_per_day=level.unverified_per_day if per_day is None else per_day,
    )
    return wallet + opening.opening_balance(customer, currency, balance)


def _post(ledger: Ledger, chains: Iterator[bytes]) -> None:
    while batch := b"".join(islice(chains, CHAINS_PER_COMMIT)):
        check_sums(ledger.engine, batch)
        refused = set(ledger.post_many(batch)) - {Refusal.OK, Refusal.EXISTS}  # a customer's wallets share one count
        if refused:
            raise RuntimeError(f"the ledger refused a seed: {sorted(refused)}")
        ledger.start_commit()
    ledger.commit()
