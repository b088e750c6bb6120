"""The ledger's speed, durable through SQLite: in batches, one at a time against a bare commit, and many at once."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop

from feiqian.accounts.kinds import AccountKind
from feiqian.clock import SystemClock
from feiqian.ledger import chart
from feiqian.ledger.engine import UNLIMITED
from feiqian.ledger.ledger import Ledger
from feiqian.ledger.recovery import open_journal, open_ledger
from feiqian.money import CurrencyNumber

CNY = CurrencyNumber(156)
_OPENING = chart.account_id(AccountKind.OPENING, CNY, 0)


def run(
    transfers: int = 1_000_000,
    batch: int = 8_190,
    accounts: int = 10_000,
    singles: int = 3_000,
    concurrent: int = 64,
    folder: str = "",
    journal_url: str = "",
) -> dict[str, Any]:
    """Measures in a temporary folder (or in a new folder within `folder`); with `journal_url`, in PostgreSQL.

    Rates are of transfers that are durable; `single_ratio` is the median of one transfer at a time over the median of a
    bare SQLite commit of the same bytes, the two taken in turn.
    """
    with tempfile.TemporaryDirectory(dir=folder or None, prefix="feiqian-bench-") as name:
        place = Path(name)
        journal = open_journal(place, journal_url, create=True)
        ledger = open_ledger(journal, None, SystemClock())
        next_event = _bank(ledger, accounts)
        figures: dict[str, Any] = {"engine": type(ledger.engine).__name__}
        figures |= _in_batches(ledger, next_event, transfers, batch)
        figures |= uvloop.run(_one_at_a_time(ledger, next_event, singles, Bare(place / "bare.db")))
        figures |= uvloop.run(_many_at_once(ledger, next_event, singles * 10, concurrent))
        ledger.engine.check()
        ledger.close()
        journal.close()
        return figures


def _bank(ledger: Ledger, accounts: int) -> Callable[[], bytes]:
    """Opens accounts with money, and returns what makes transfers between two of them at random."""
    wallet = AccountKind.CUSTOMER_WALLET
    ids = [chart.account_id(wallet, CNY, owner) for owner in range(1, accounts + 1)]
    ledger.post_many(chart.account(_OPENING, AccountKind.OPENING, CNY, overdraft=UNLIMITED))
    for start in range(0, accounts, 4096):
        some = ids[start : start + 4096]
        ledger.post_many(b"".join(chart.account(id, wallet, CNY) for id in some))
        ledger.post_many(
            b"".join(chart.transfer(b"open" + id[4:], debit=_OPENING, credit=id, amount=10**9) for id in some)
        )
        ledger.commit()
    numbers = random.Random(1)
    made = 0

    def next_event() -> bytes:
        nonlocal made
        made += 1
        debit, credit = numbers.sample(ids, 2)
        return chart.transfer(made.to_bytes(16, "big"), debit=debit, credit=credit, amount=1 + made % 100)

    return next_event


def _in_batches(ledger: Ledger, next_event: Callable[[], bytes], transfers: int, batch: int) -> dict[str, Any]:
    """Batches are made beforehand; the next is decided while the last is hashed and written."""
    batches = [b"".join(next_event() for _ in range(batch)) for _ in range(max(1, transfers // batch))]
    started = time.perf_counter()
    for events in batches:
        ledger.post_many(events)
        ledger.start_commit()
    ledger.commit()
    seconds = time.perf_counter() - started
    return {"batch_size": batch, "batch_transfers_per_second": round(len(batches) * batch / seconds)}


class Bare:
    """What SQLite takes by itself for the same bytes: the floor."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE bare (position INTEGER PRIMARY KEY, bytes BLOB)")

    def commit(self, data: bytes) -> float:
        started = time.perf_counter()
        self._connection.execute("INSERT INTO bare (bytes) VALUES (?)", (data,))
        return time.perf_counter() - started


async def _one_at_a_time(ledger: Ledger, next_event: Callable[[], bytes], singles: int, bare: Bare) -> dict[str, Any]:
    single: list[float] = []
    floor: list[float] = []
    for _ in range(singles):
        event = next_event()
        floor.append(bare.commit(bytes(92) + event))  # hashes, epoch and header take as much beside the event
        started = time.perf_counter()
        posting = ledger.post(event)
        await ledger.durable(posting.position)
        single.append(time.perf_counter() - started)
    of_single, of_floor = statistics.median(single), statistics.median(floor)
    return {
        "single_median_ms": round(of_single * 1e3, 4),
        "bare_commit_median_ms": round(of_floor * 1e3, 4),
        "single_ratio": round(of_single / of_floor, 3),
    }


async def _many_at_once(
    ledger: Ledger, next_event: Callable[[], bytes], transfers: int, callers: int
) -> dict[str, Any]:
    """Each caller waits for its own transfer to be durable before it makes the next."""
    events = [next_event() for _ in range(transfers)]
    rows_before = ledger.durable_position

    async def caller() -> None:
        while events:
            await ledger.durable(ledger.post(events.pop()).position)

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    seconds = time.perf_counter() - started
    rows = ledger.durable_position - rows_before
    return {
        "concurrent_callers": callers,
        "concurrent_transfers_per_second": round(transfers / seconds),
        "concurrent_transfers_per_row": round(transfers / rows, 1),
    }
