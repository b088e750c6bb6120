"""Journals in both databases, behind one fixture: a test that takes `store` runs once on each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from feiqian.accounts.kinds import AccountKind
from feiqian.ledger import chart
from feiqian.ledger.checkpoints import Checkpoints
from feiqian.ledger.engine import UNLIMITED, chain
from feiqian.ledger.journal import Journal
from feiqian.ledger.journal_sqlite import SqliteJournal
from feiqian.ledger.ledger import Ledger
from feiqian.ledger.recovery import open_checkpoints, open_journal, open_ledger
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.testing.clock import ManualClock

CNY = 156
OPENING = chart.account_id(AccountKind.OPENING, CNY, 0)
PAYER = chart.account_id(AccountKind.CUSTOMER_WALLET, CNY, 1)
PAYEE = chart.account_id(MerchantAccountKind.PAYABLE, CNY, 1)
FUNDS = 1_000_000


@dataclass
class Store:
    """A data folder and its databases; knows how to open them again, and how to tamper with them."""

    folder: Path
    url: str = ""
    clock: ManualClock = field(default_factory=ManualClock)
    opened: list[Callable[[], object]] = field(default_factory=list)

    def journal(self, *, create: bool = True) -> Journal:
        journal = open_journal(self.folder, self.url, create=create)
        self.opened.append(journal.close)
        return journal

    def checkpoints(self) -> Checkpoints:
        checkpoints = open_checkpoints(self.folder, self.url)
        assert checkpoints is not None
        self.opened.append(checkpoints.close)
        return checkpoints

    def ledger(self, checkpoints: Checkpoints | None = None, **options: Any) -> Ledger:
        ledger = open_ledger(self.journal(), checkpoints, self.clock, **options)
        self.opened.append(ledger.close)
        return ledger

    def execute(self, statement: str, *parameters: object) -> None:
        """What someone with a key to the database could do; `?` stands for a parameter."""
        if self.url:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(statement.replace("?", "%s"), parameters)
            return
        journal = SqliteJournal(self.folder / "journal.db", marker=self.folder / "journal.id")
        journal._connection.execute(statement, parameters)
        journal.close()

    def close(self) -> None:
        while self.opened:
            self.opened.pop()()


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path, url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path)
    yield opened
    opened.close()


class Bank:
    """A small bank in events: its accounts, and payments of one customer to one merchant."""

    FUNDS, PAYER, PAYEE, OPENING = FUNDS, PAYER, PAYEE, OPENING

    @staticmethod
    def opening() -> bytes:
        return chain(
            chart.account(OPENING, AccountKind.OPENING, CNY, overdraft=UNLIMITED),
            chart.account(PAYER, AccountKind.CUSTOMER_WALLET, CNY),
            chart.account(PAYEE, MerchantAccountKind.PAYABLE, CNY),
            chart.transfer(chart.derived_id(b"opening", b"1"), debit=OPENING, credit=PAYER, amount=FUNDS),
        )

    @staticmethod
    def payment_id(number: int) -> bytes:
        return chart.derived_id(b"payment", number.to_bytes(8, "big"))

    def payment(self, number: int, amount: int = 1) -> bytes:
        return chart.transfer(self.payment_id(number), debit=PAYER, credit=PAYEE, amount=amount)

    @staticmethod
    def break_journal(ledger: Ledger, error: BaseException) -> list[int]:
        """From here on every write fails so; returns the positions that were tried."""
        tried: list[int] = []

        def append(position: int, body: bytes, written_at: int) -> bytes:
            tried.append(position)
            raise error

        ledger._journal.append = append  # type: ignore[method-assign]
        return tried


@pytest.fixture
def bank() -> Bank:
    return Bank()
