"""How long a server takes to start: from a checkpoint with many accounts, and a tail of records after it.

The tail is written as payments would write it: many rows, each a commit. Timed is what `feiqian serve` does before it
listens: opening, verifying the chain, loading the checkpoint, replaying the tail, checking the books.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from feiqian import app
from feiqian.accounts.kinds import wallet_id
from feiqian.clock import SystemClock
from feiqian.demo.seeding import Plan, seed
from feiqian.ids import CustomerNumber, MerchantNumber
from feiqian.ledger.chart import derived_id, transfer
from feiqian.ledger.checkpointer import make_checkpoint
from feiqian.ledger.ledger import Ledger
from feiqian.ledger.recovery import open_checkpoints, open_journal, open_ledger
from feiqian.merchants.kinds import payable_id
from feiqian.money import CNY
from feiqian.payments.kinds import TransferKind
from feiqian.settings import Settings

MERCHANTS = 50


def run(accounts: int = 1_000_000, records: int = 1_000_000, records_per_row: int = 100) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="feiqian-bench-") as folder:
        settings = Settings(data=folder, log_level="warning")
        seed(settings, Plan(accounts, MERCHANTS))
        rows = _add_tail(settings, accounts, records, records_per_row)
        began = time.perf_counter()
        bank = app.build(settings)
        seconds = time.perf_counter() - began
        bank.close()
    return {"accounts": accounts, "records": records, "rows": rows, "seconds": seconds}


def _add_tail(settings: Settings, accounts: int, records: int, records_per_row: int) -> int:
    """A checkpoint of all accounts, then so many transfers. Returns the number of rows that have them."""
    folder = Path(settings.data)
    journal, checkpoints = open_journal(folder), open_checkpoints(folder)
    assert checkpoints is not None
    make_checkpoint(journal, checkpoints)
    ledger = open_ledger(journal, checkpoints, SystemClock(settings.zone))
    before = ledger.durable_position
    for first in range(0, records, records_per_row):
        _post(ledger, range(first, min(first + records_per_row, records)), accounts)
    rows = ledger.commit() - before
    ledger.close()
    journal.close()
    return rows


def _post(ledger: Ledger, numbers: range, accounts: int) -> None:
    """One row: a small payment for each number, spread over all customers and merchants."""
    events = []
    for number in numbers:
        wallet = wallet_id(CNY.number, CustomerNumber(1 + number * 7919 % accounts))
        merchant = payable_id(CNY.number, MerchantNumber(1 + number % MERCHANTS))
        id = derived_id(b"bench", number.to_bytes(8, "big"))
        events.append(transfer(id, debit=wallet, credit=merchant, amount=1, kind=TransferKind.PAYMENT))
    if set(ledger.post_many(b"".join(events))) != {0}:
        raise RuntimeError("the ledger refused a benchmark's transfer")
    ledger.start_commit()
