"""Payments in one process, durable through SQLite: decided, posted, committed and answered, without HTTP.

Every payment has its own fresh code and order number; requests are made beforehand. Own time is all of a payment but
the journal's append (hash and commit). Rounds of all kinds alternate, so that a noisy machine
disturbs all of them alike.
"""

from __future__ import annotations

import asyncio
import gc
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from feiqian.accounts import opening
from feiqian.clock import SystemClock
from feiqian.field_cipher import KEY_BYTES, FieldCipher
from feiqian.ids import CustomerNumber, MerchantNumber
from feiqian.ledger.journal import Journal
from feiqian.ledger.recovery import open_journal, open_ledger
from feiqian.limits.service import PaymentLimits
from feiqian.merchants import opening as merchant_opening
from feiqian.merchants.registry import Merchant
from feiqian.money import CNY, MinorUnits
from feiqian.payments.code_keys import VERSIONS, KeyRing
from feiqian.payments.codes import Codes
from feiqian.payments.permutation import SECRET_BYTES
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.payments.requests import PaymentRequest
from feiqian.payments.service import Payments
from feiqian.policy.load import read_policy

from .codes import fresh_codes
from .policy import plenty

MERCHANTS = 50
POLICY = read_policy(plenty(), "cn")
PLENTY = MinorUnits(10**12)  # a balance or limit that no benchmark uses up
CHAINS_PER_COMMIT = 4_000


class TimedJournal:
    """A journal whose appends are timed; everything else is the journal's."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.appends, self.seconds = 0, 0.0

    def append(self, position: int, body: bytes, written_at: int) -> bytes:
        began = time.perf_counter()
        hash = self._journal.append(position, body, written_at)
        self.seconds += time.perf_counter() - began
        self.appends += 1
        return hash

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)


class Everybody:
    """Customers with the numbers 1 to `count`, and issuing devices of the same numbers."""

    def __init__(self, count: int) -> None:
        self.count = count

    def known(self, number: CustomerNumber) -> bool:
        return 0 < number <= self.count

    def standing(self, number: CustomerNumber) -> int:
        return POLICY.levels[-1].number if 0 < number <= self.count else 0

    def cooling(self, number: CustomerNumber, now_seconds: int) -> bool:
        return False

    def customer_of(self, device: int) -> CustomerNumber:
        return CustomerNumber(device if self.known(CustomerNumber(device)) else 0)

    def device_of(self, customer: CustomerNumber) -> int:
        return customer if self.known(customer) else 0


class Town:
    """A ledger with so many customers, and endless requests of theirs."""

    def __init__(self, folder: Path, customers: int) -> None:
        self.customers, self.clock = customers, SystemClock()
        timed: Any = TimedJournal(open_journal(folder, create=True))
        self.journal = timed
        self.ledger = open_ledger(timed, None, self.clock)
        self._open_accounts()
        keys = {version: secrets.token_bytes(SECRET_BYTES) for version in range(VERSIONS)}
        reads = PaymentReads(folder / "read.db")  # asked only about what is no longer in memory: never here
        everybody: Any = Everybody(customers)
        nobody: Any = None  # no payment of the benchmark waits, so nothing is confirmed
        codes = Codes(KeyRing(0, keys), everybody)
        cipher = FieldCipher(secrets.token_bytes(KEY_BYTES))
        limits = PaymentLimits(POLICY, everybody, self.ledger)
        self.payments = Payments(self.ledger, codes, self.clock, everybody, reads, limits, nobody, nobody, cipher)
        self.merchants = [
            Merchant(number, f"mer_{number}", "Shop", CNY.number, 60, "active", ())
            for number in map(MerchantNumber, range(1, MERCHANTS + 1))
        ]
        self._chance, self._orders = random.Random(customers), 0
        self._codes = fresh_codes(customers, keys)

    def _open_accounts(self) -> None:
        chains = self._chains()
        while batch := b"".join(islice(chains, CHAINS_PER_COMMIT)):
            if any(self.ledger.post_many(batch)):
                raise RuntimeError("the ledger refused to open accounts")
            self.ledger.start_commit()
        self.ledger.commit()

    def _chains(self) -> Iterator[bytes]:
        yield opening.bank_accounts(CNY.number)
        for number in map(MerchantNumber, range(1, MERCHANTS + 1)):
            yield merchant_opening.merchant(number, CNY.number)
        for owner in map(CustomerNumber, range(1, self.customers + 1)):
            yield opening.wallet(owner, CNY.number, day_amount=PLENTY, unverified_per_day=PLENTY)
            yield opening.opening_balance(owner, CNY.number, PLENTY)

    def requests(self, count: int, *, one_merchant: bool = False) -> list[tuple[Merchant, PaymentRequest]]:
        """Fresh ones, whose codes hold for another 20 s."""
        return [self._request(code, one_merchant) for code in islice(self._codes, count)]

    def _request(self, code: str, one_merchant: bool) -> tuple[Merchant, PaymentRequest]:
        self._orders += 1
        merchant = self.merchants[0 if one_merchant else self._orders % MERCHANTS]
        request = PaymentRequest(
            payment_code=code,
            amount=MinorUnits(self._chance.randrange(1_00, 200_00)),
            currency="CNY",
            merchant_order=f"order-{self._orders}",
            description="Groceries",
            store="main",
            terminal="till-1",
        )
        return merchant, request

    def close(self) -> None:
        self.ledger.engine.check()
        self.ledger.close()
        self.journal.close()


class Round(msgspec.Struct, frozen=True):
    """One round's figures; `own_ms` is the mean."""

    per_second: float
    per_commit: float
    own_ms: float


def run(
    payments: int = 50_000,
    customers: int = 10_000,
    large_customers: int = 1_000_000,
    concurrency: int = 128,
    rounds: int = 5,
    singles: int = 5_000,
    folder: str = "",
) -> dict[str, Any]:
    """`payments` in each round; `large_customers` 0 leaves the comparison out; `folder` is where the journals are.

    Rates and ratios (to `payments_per_second`) are medians over the rounds; times are in milliseconds. `own_ms` is the
    mean of everything but the append, with `concurrency` payments at once; `own_single…` is of one at a time.
    """
    with tempfile.TemporaryDirectory(dir=folder or None, prefix="feiqian-bench-") as name:
        town = Town(Path(name) / "town", customers)
        city = Town(Path(name) / "city", large_customers) if large_customers else town
        kinds = [(town, False), (town, True), (city, False)][: 3 if large_customers else 2]
        done: list[list[Round]] = [[] for _ in kinds]
        for number in range(rounds + 1):  # the first warms up
            for place in range(len(kinds)):
                turn = (number + place) % len(kinds)  # each kind comes first, second and last in its turn
                which, one_merchant = kinds[turn]
                done[turn].append(_round(which, payments, concurrency, one_merchant=one_merchant))
        spread, one, large = done if large_customers else [*done, done[0]]
        own, whole = uvloop.run(_one_at_a_time(town, singles))
        engine = type(town.ledger.engine).__name__
        town.close()
        if city is not town:
            city.close()
    rate, one_rate, large_rate = (_median(kind, "per_second") for kind in (spread, one, large))
    return {
        "engine": engine,
        "customers": customers,
        "concurrency": concurrency,
        "payments_per_second": rate,
        "payments_per_commit": _median(spread, "per_commit"),
        "own_ms": _median(spread, "own_ms"),
        "own_single_p50_ms": statistics.median(own) * 1e3,
        "own_single_p99_ms": statistics.quantiles(own, n=100)[98] * 1e3,
        "single_p50_ms": statistics.median(whole) * 1e3,
        "one_merchant_per_second": one_rate,
        "one_merchant_ratio": _ratio(one, spread),
        "large_customers": large_customers,
        "large_per_second": large_rate,
        "large_ratio": _ratio(large, spread),
    }


def _median(rounds: list[Round], figure: str) -> float:
    return float(statistics.median(getattr(one, figure) for one in rounds[1:]))


def _ratio(rounds: list[Round], base: list[Round]) -> float:
    """The median of the rounds' ratios: two that ran one after the other had the same machine."""
    pairs = zip(rounds[1:], base[1:], strict=True)
    return float(statistics.median(one.per_second / other.per_second for one, other in pairs))


def _round(town: Town, count: int, concurrency: int, *, one_merchant: bool = False) -> Round:
    requests = town.requests(count, one_merchant=one_merchant)
    gc.collect()  # what making the requests has left behind
    appends, waited = town.journal.appends, town.journal.seconds
    began = time.perf_counter()
    uvloop.run(_all(town, iter(requests), concurrency))
    elapsed = time.perf_counter() - began
    own = elapsed - (town.journal.seconds - waited)
    return Round(count / elapsed, count / (town.journal.appends - appends), own / count * 1e3)


async def _all(town: Town, requests: Iterator[tuple[Merchant, PaymentRequest]], concurrency: int) -> None:
    """So many tills, each of which pays one after another."""

    async def till() -> None:
        for merchant, request in requests:
            view = await town.payments.pay(merchant, request)
            if view.status != "succeeded":
                raise RuntimeError(f"a payment of the benchmark was {view.status}: {view.reason}")

    await asyncio.gather(*(till() for _ in range(concurrency)))


async def _one_at_a_time(town: Town, count: int) -> tuple[list[float], list[float]]:
    """Seconds of each payment: without the append, and with it."""
    own, whole = [], []
    for merchant, request in town.requests(count):
        waited, began = town.journal.seconds, time.perf_counter()
        await town.payments.pay(merchant, request)
        elapsed = time.perf_counter() - began
        whole.append(elapsed)
        own.append(elapsed - (town.journal.seconds - waited))
    return own, whole
