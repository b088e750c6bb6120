"""Accounts over a real ledger in a temporary folder; its clock stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from feiqian.accounts import opening
from feiqian.accounts.kinds import AccountKind, AllowanceKind
from feiqian.accounts.service import Accounts
from feiqian.ledger.chart import account_id, allowance_id, derived_id, transfer
from feiqian.ledger.engine import Refusal
from feiqian.ledger.recovery import open_journal, open_ledger
from feiqian.merchants import opening as merchant_opening
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.money import CNY
from feiqian.policy.load import load_policy
from feiqian.testing.clock import ManualClock

T = TypeVar("T")
CN = load_policy("cn")


class Books:
    """A bank's ledger with one merchant (number 1); `again` is the same after a restart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.journal = open_journal(folder, create=not folder.exists())
        self.ledger = open_ledger(self.journal, None, self.clock)
        self.engine = self.ledger.engine
        self.accounts = Accounts(self.ledger, CN)
        self._payments = 0

    def begin(self) -> None:
        self.post(opening.bank_accounts(CNY.number) + merchant_opening.merchant(1, CNY.number))

    def again(self) -> Books:
        """As a crash leaves it: what was not durable is gone."""
        self.close()
        return Books(self.folder)

    def close(self) -> None:
        self.ledger.close()
        self.journal.close()

    def post(self, events: bytes) -> None:
        assert set(self.ledger.post_many(events)) <= {Refusal.OK, Refusal.EXISTS}
        self.ledger.commit()

    def fund(self, customer: int, amount: int, currency: int = CNY.number) -> None:
        self.post(opening.bank_accounts(currency) + opening.opening_balance(customer, currency, amount))

    def pay(self, customer: int, amount: int) -> Refusal:
        """Money leaves the customer's wallet, or not."""
        self._payments += 1
        sides = (AccountKind.CUSTOMER_WALLET, customer), (MerchantAccountKind.PAYABLE, 1)
        debit, credit = (account_id(kind, CNY.number, owner) for kind, owner in sides)
        id = derived_id(b"test", self._payments.to_bytes(4, "big"), self.ledger.epoch.to_bytes(4, "big"))
        return self.ledger.post(transfer(id, debit=debit, credit=credit, amount=amount)).refusal

    def day_limit(self, customer: int, currency: int = CNY.number) -> int:
        used = self.engine.used(allowance_id(AllowanceKind.DAY_AMOUNT, currency, customer))
        assert used is not None
        return used[1]

    def unverified_per_day(self, customer: int) -> int:
        used = self.engine.used(allowance_id(AllowanceKind.DAY_UNVERIFIED_COUNT, 0, customer))
        assert used is not None
        return used[1]

    @property
    def corrections(self) -> int:
        account = self.engine.account(account_id(AccountKind.CORRECTIONS, CNY.number, 0))
        assert account is not None
        return account.balance


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    books = Books(tmp_path / "data")
    books.begin()
    yield books
    books.engine.check()
    books.close()


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, T]], T]:
    """Runs a coroutine to its end in a loop of its own."""
    return asyncio.run
