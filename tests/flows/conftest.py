"""A real ledger over a real journal in a temporary folder, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from feiqian.accounts.kinds import AccountKind
from feiqian.ledger import chart
from feiqian.ledger.chart import account_id
from feiqian.ledger.engine import UNLIMITED, Refusal
from feiqian.ledger.journal import Journal
from feiqian.ledger.ledger import Ledger
from feiqian.ledger.recovery import open_journal, open_ledger
from feiqian.testing.clock import ManualClock

CNY = 156


class Books:
    """A ledger with an opening account, and short words for what the tests do to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.journal: Journal = open_journal(folder, create=not folder.exists())
        self.ledger: Ledger = open_ledger(self.journal, None, self.clock)
        self.engine = self.ledger.engine
        self.opening = account_id(AccountKind.OPENING, CNY, 0)
        self.post(chart.account(self.opening, AccountKind.OPENING, CNY, overdraft=UNLIMITED))

    def post(self, events: bytes) -> Refusal:
        return self.ledger.post(events).refusal

    def wallet(self, owner: int, balance: int = 0) -> bytes:
        """A customer's wallet with a balance in fen."""
        id = account_id(AccountKind.CUSTOMER_WALLET, CNY, owner)
        assert self.post(chart.account(id, AccountKind.CUSTOMER_WALLET, CNY)) == Refusal.OK
        if balance:
            brought = chart.derived_id(b"opening", owner.to_bytes(8, "big"))
            assert self.post(chart.transfer(brought, debit=self.opening, credit=id, amount=balance)) == Refusal.OK
        return id

    def balance(self, id: bytes) -> int:
        account = self.engine.account(id)
        assert account is not None
        return account.balance

    def again(self) -> Books:
        """The same books after a restart."""
        self.ledger.commit()
        self.close()
        return Books(self.folder)

    def close(self) -> None:
        self.ledger.close()
        self.journal.close()


@pytest.fixture
def open_books(tmp_path: Path) -> Iterator[Callable[[], Books]]:
    """Opens the books of one folder, as often as a test restarts them."""
    opened: list[Books] = []

    def open_() -> Books:
        opened.append(Books(tmp_path / "data"))
        return opened[-1]

    yield open_
    for books in opened:
        books.close()


@pytest.fixture
def books(open_books: Callable[[], Books]) -> Books:
    return open_books()
