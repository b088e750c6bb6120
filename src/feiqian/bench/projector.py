"""The rate of projecting alone: a made journal of payments, kept in memory, into an empty read model.

Measures processor time as well as elapsed time: the projector shares two cores with the server and should use less than
half of one at ten thousand payments a second. A step of 75 rows is what it takes at that rate.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from feiqian.accounts.kinds import AccountKind, day_amount_id, day_unverified_id, wallet_id
from feiqian.events import PaymentDecided, PaymentStatus, encode_fact
from feiqian.ids import PAYMENT, CustomerNumber, MerchantNumber, new_id
from feiqian.ledger import chart
from feiqian.ledger.body import encode_body
from feiqian.ledger.chart import account_id
from feiqian.ledger.engine import EVENT, NO_ID, UNLIMITED, Type, chain
from feiqian.ledger.journal import GENESIS, Row, row_hash
from feiqian.merchants.kinds import MerchantAccountKind, payable_id
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.payments.codes import claim_of
from feiqian.payments.kinds import TransferKind
from feiqian.payments.read_model import READ_MODEL
from feiqian.projections.database import open_database
from feiqian.projections.projector import Projector

CURRENCY = CurrencyNumber(156)
START_SECONDS = 1_800_000_000
DAY = 20270115


class MadeJournal:
    """A journal in memory as a projector reads it, hashed like a real one."""

    identity = "made"

    def __init__(self) -> None:
        self._rows: list[Row] = []

    def append(self, records: bytes, facts: list[bytes]) -> None:
        previous = self._rows[-1].hash if self._rows else GENESIS
        position, body = len(self._rows) + 1, encode_body(records, facts, 0)
        self._rows.append(Row(position, 1, previous, row_hash(previous, position, 1, body), body, 0))

    def rows(self, after: int) -> Iterator[Row]:
        return iter(self._rows[after:])

    def hash_at(self, position: int) -> bytes | None:
        if position == 0:
            return GENESIS
        return self._rows[position - 1].hash if position <= len(self._rows) else None

    def __len__(self) -> int:
        return len(self._rows)


def make_journal(payments: int, customers: int, merchants: int, per_row: int, seed: int = 1) -> MadeJournal:
    """Rows as the ledger writes them: `per_row` payments each, customers and merchants at random."""
    journal, chance = MadeJournal(), random.Random(seed)
    _open_accounts(journal, customers, merchants)
    for first in range(0, payments, per_row):
        now_us = START_SECONDS * 1_000_000 + first * 100
        records = [EVENT.pack(Type.TIME, 0, 0, DAY, now_us // 1_000_000, NO_ID, NO_ID, NO_ID, NO_ID)]
        facts = []
        for number in range(first, first + per_row):
            customer = CustomerNumber(chance.randrange(customers))
            merchant = MerchantNumber(chance.randrange(merchants))
            transfer = chance.randbytes(16)
            records.append(_payment(transfer, customer, merchant, chance.getrandbits(60)))
            id = new_id(PAYMENT, now_us)
            parties = merchant, customer, MinorUnits(1000), CURRENCY, MinorUnits(6)
            succeeded, texts = PaymentStatus.SUCCEEDED, (f"order-{number}", "a book", "Old Street", "till 1")
            facts.append(encode_fact(PaymentDecided(id, transfer, succeeded, None, *parties, *texts, now_us + number)))
        journal.append(b"".join(records), facts)
    return journal


def _open_accounts(journal: MadeJournal, customers: int, merchants: int) -> None:
    wallet = int(AccountKind.CUSTOMER_WALLET)
    accounts = [(wallet, owner, UNLIMITED) for owner in range(customers)]
    accounts += [(MerchantAccountKind.PAYABLE, owner, 0) for owner in range(merchants)]
    accounts.append((AccountKind.MERCHANT_FEES, 0, 0))
    opened = [
        chart.account(account_id(kind, CURRENCY, owner), kind, CURRENCY, overdraft=overdraft)
        for kind, owner, overdraft in accounts
    ]
    journal.append(b"".join(opened), [])


def _payment(transfer: bytes, customer: CustomerNumber, merchant: MerchantNumber, code: int) -> bytes:
    wallet = wallet_id(CURRENCY, customer)
    payable = payable_id(CURRENCY, merchant)
    fees = account_id(AccountKind.MERCHANT_FEES, CURRENCY, 0)
    return chain(
        chart.claim(claim_of(str(code)), START_SECONDS + 120),
        chart.use(day_amount_id(CURRENCY, customer), 1000),
        chart.use(day_unverified_id(customer), 1),
        chart.transfer(transfer, debit=wallet, credit=payable, amount=1000, kind=TransferKind.PAYMENT),
        chart.transfer(transfer[::-1], debit=payable, credit=fees, amount=6, kind=TransferKind.FEE, reference=transfer),
    )


def run(
    payments: int = 200_000,
    customers: int = 10_000,
    merchants: int = 50,
    per_row: int = 20,
    rows_per_step: int = 75,
    location: str | None = None,
) -> dict[str, Any]:
    """Projects a made journal into `location` (by default a new file in a temporary folder).

    Microseconds are per payment; `payments_per_second` is the elapsed rate, the journal's making left out.
    """
    journal: Any = make_journal(payments, customers, merchants, per_row)
    with tempfile.TemporaryDirectory(prefix="feiqian-bench-") as folder:
        db = open_database(location or Path(folder) / "read.db")
        projector = Projector(journal, db, READ_MODEL)
        projector.step(1)  # opens the accounts
        processor, elapsed = time.process_time(), time.perf_counter()
        while projector.position < len(journal):
            projector.step(rows_per_step)
        processor, elapsed = time.process_time() - processor, time.perf_counter() - elapsed
        db.close()
    return {
        "payments": payments,
        "customers": customers,
        "rows_per_step": rows_per_step,
        "processor_us": round(processor / payments * 1e6, 2),
        "elapsed_us": round(elapsed / payments * 1e6, 2),
        "payments_per_second": round(payments / elapsed),
    }
