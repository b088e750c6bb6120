"""How long a start takes: from opening the data folder until the ledger could decide."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from feiqian.clock import SystemClock
from feiqian.ledger import chart
from feiqian.ledger.checkpointer import make_checkpoint
from feiqian.ledger.engine import UNLIMITED
from feiqian.ledger.ledger import Ledger
from feiqian.ledger.recovery import open_checkpoints, open_journal, open_ledger

CNY = 156
_OPENING = chart.account_id(chart.AccountKind.OPENING, CNY, 0)


def run(
    accounts: int = 1_000_000, tail: int = 1_000_000, records_per_row: int = 100, folder: str = ""
) -> dict[str, Any]:
    """Makes a journal with so many accounts, a checkpoint, and a tail of so many records after it; then starts."""
    with tempfile.TemporaryDirectory(dir=folder or None, prefix="feiqian-bench-") as name:
        place = Path(name)
        engine = _make(place, accounts, tail, records_per_row)
        started = time.perf_counter()
        journal = open_journal(place)
        ledger = open_ledger(journal, open_checkpoints(place), SystemClock())
        seconds = time.perf_counter() - started
        found, remembered, *_ = ledger.engine.counts()
        ledger.close()
        journal.close()
    return {
        "engine": engine,
        "accounts": found,
        "remembered_transfers": remembered,
        "rows": ledger.durable_position,
        "start_seconds": round(seconds, 2),
    }


def _make(place: Path, accounts: int, tail: int, records_per_row: int) -> str:
    journal = open_journal(place, create=True)
    ledger = open_ledger(journal, None, SystemClock())
    ids = [chart.account_id(chart.AccountKind.CUSTOMER_WALLET, CNY, owner) for owner in range(1, accounts + 1)]
    ledger.post_many(chart.account(_OPENING, chart.AccountKind.OPENING, CNY, UNLIMITED))
    _post(ledger, (chart.account(id, chart.AccountKind.CUSTOMER_WALLET, CNY) for id in ids), 8190)
    checkpoints = open_checkpoints(place)
    assert checkpoints is not None
    make_checkpoint(journal, checkpoints)
    checkpoints.close()
    numbers = random.Random(1)
    _post(
        ledger,
        (chart.transfer(n.to_bytes(16, "big"), _OPENING, numbers.choice(ids), 100) for n in range(1, tail + 1)),
        records_per_row,
    )
    name = type(ledger.engine).__name__
    ledger.close()
    journal.close()
    return name


def _post(ledger: Ledger, events: Iterable[bytes], size: int) -> None:
    """Posts events, so many to a row."""
    some: list[bytes] = []
    for event in events:
        some.append(event)
        if len(some) == size:
            ledger.post_many(b"".join(some))
            ledger.start_commit()
            some.clear()
    if some:
        ledger.post_many(b"".join(some))
    ledger.commit()
