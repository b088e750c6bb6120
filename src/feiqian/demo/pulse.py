"""How the bank is doing now, for the machine room: rate and times, the journal, and whether the books balance."""

from __future__ import annotations

import time
from typing import NamedTuple

from feiqian.accounts.kinds import AccountKind
from feiqian.ledger.chart import BANK, account_id
from feiqian.ledger.engine import InvariantBroken, Totals
from feiqian.merchants.kinds import payable_id
from feiqian.money import BY_NUMBER, Currency, CurrencyNumber
from feiqian.runtime import logs
from feiqian.services import Services

CHECK_SECONDS = 5.0
OWN = (AccountKind.BANK_CASH, AccountKind.OPENING, AccountKind.CORRECTIONS)

_log = logs.get("feiqian.demo")


class Total(NamedTuple):
    """The books in one currency: who is owed what, and both sides of all postings, in minor units."""

    currency: Currency
    customers: int
    merchants: int
    fees: int
    debits: int
    credits: int


class Pulse(NamedTuple):
    """Times are milliseconds, None if nothing was measured lately."""

    rate: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    position: int
    hash: str
    behind: int
    accounts: int
    balanced: bool
    as_of: int
    totals: list[Total]


class MachineRoom:
    """Looks at the ledger, in its event loop."""

    def __init__(self, services: Services) -> None:
        self._s = services
        self._checked = (-1.0, False, 0)  # when, whether the books balanced, as of which position

    def pulse(self) -> Pulse:
        ledger, live = self._s.ledger, self._s.live.snapshot()
        position, hash = ledger.durable_position, ledger.durable_hash if ledger.durable_position else b""
        measured = live["p99_ms"] > 0
        balanced, as_of = self._balanced()
        return Pulse(
            rate=live["rate"],
            p50_ms=live["p50_ms"] if measured else None,
            p95_ms=live["p95_ms"] if measured else None,
            p99_ms=live["p99_ms"] if measured else None,
            position=position,
            hash=hash.hex(),
            behind=max(0, position - self._s.reads.position),
            accounts=ledger.engine.counts()[0],
            balanced=balanced,
            as_of=as_of,
            totals=[self._total(number, sums) for number, sums in ledger.engine.totals().items()],
        )

    def _balanced(self) -> tuple[bool, int]:
        """The engine checks all its invariants; as it looks at every account, every few seconds is enough."""
        when, balanced, position = self._checked
        now = time.monotonic()
        if when < 0 or (now - when >= CHECK_SECONDS and position != self._s.ledger.position):
            try:
                self._s.ledger.engine.check()
                balanced = True
            except InvariantBroken as error:
                _log.critical("books_do_not_balance", why=str(error))
                balanced = False
            self._checked = now, balanced, self._s.ledger.position
        return self._checked[1], self._checked[2]

    def _total(self, number: int, sums: Totals) -> Total:
        """What customers have is the rest of all balances (which sum to zero), so that not every one is looked at."""
        currency = CurrencyNumber(number)
        fees = self._balance(account_id(AccountKind.MERCHANT_FEES, currency, BANK))
        own = sum(self._balance(account_id(kind, currency, BANK)) for kind in OWN)
        merchants = sum(self._balance(payable_id(currency, m.number)) for m in self._s.merchants.all())
        customers = -(own + fees + merchants)
        return Total(BY_NUMBER[currency], customers, merchants, fees, sums.debits_posted, sums.credits_posted)

    def _balance(self, id: bytes) -> int:
        account = self._s.ledger.engine.account(id)
        return account.balance if account is not None else 0
