"""What must be true after a mix: each outcome that was told is in the journal, once, and moved what it says.

It reads the journal and the read model again by itself; the amounts that it expects come from the operations alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from feiqian.accounts.kinds import day_amount_id, wallet_id
from feiqian.deposits.model import DepositAccount
from feiqian.events import PaymentDecided, PaymentStatus, decode_fact
from feiqian.ids import CustomerNumber
from feiqian.ledger.body import decode_body
from feiqian.ledger.engine import CLOSED
from feiqian.ledger.engines import new_engine
from feiqian.ledger.journal import Journal
from feiqian.ledger.recovery import replay_row
from feiqian.payments.plan import payer_account
from feiqian.payments.read_model import lines
from feiqian.payments.read_model.rows import Entry
from feiqian.projections.database import Database

from .kinds import BY_NAME
from .operations import CURRENCY, Asked, Facts
from .payments import CodePayment

PAGE = 100


class Witness:
    """Of one journal. `begin` is called before the first operation, and says what there was."""

    def __init__(self, journal: Journal, accounts: Sequence[DepositAccount]) -> None:
        self._journal, self._engine, self._position = journal, new_engine(), 0
        self.facts = Facts()
        self.owners = {account.ledger_id: account.customer for account in accounts}
        self._before: dict[bytes, int] = {}

    def begin(self, customers: int, others: Sequence[bytes]) -> None:
        """The balances of now are what the operations change. `others` are accounts of merchants and the bank."""
        self.owners |= {wallet_id(CURRENCY, CustomerNumber(n)): CustomerNumber(n) for n in range(1, customers + 1)}
        self.read_on()
        self._before = {account: self._balance(account) for account in (*self.owners, *others)}

    def read_on(self) -> None:
        """Reads the rows that have come since; raises AssertionError if one number was decided twice."""
        for row in self._journal.rows(self._position):
            replay_row(self._engine, row)
            self._position = row.position
            for encoded in decode_body(row.body).facts:
                self.facts.take(decode_fact(encoded))
        self._engine.check()

    def check_books(self, wanted: Sequence[Asked], outcomes: Mapping[int, str]) -> None:
        """Every account has what it had and what the outcomes moved; nobody owes anything."""
        self.read_on()
        expected = Counter(self._before)
        for it in wanted:
            for account, gained in BY_NAME[it.kind].moved(it, outcomes[it.number], self.facts):
                expected[account] += gained
        found = {account: self._balance(account) for account in expected}
        for account in filter(self._closed, self.owners):  # its money, and refunds of it, went to the wallet
            assert not found[account]
            expected[wallet_id(CURRENCY, self.owners[account])] += expected[account]
            expected[account] = 0
        assert found == dict(expected)
        assert min(found[account] for account in self.owners) >= 0
        for fact in self.facts.all(PaymentDecided):
            assert self.owners[payer_account(fact)] == fact.customer, f"{fact.id} was taken from somebody else"
        plain = [fact for fact in self.facts.all(PaymentDecided) if not fact.order]
        assert len(plain) == sum(issubclass(BY_NAME[it.kind], CodePayment) for it in wanted)

    def check_limits(self, day_amount: int, day_of: Callable[[int], int]) -> int:
        """Nobody paid more than `day_amount` in a day, whatever from; returns how many met that limit."""
        paid: Counter[tuple[int, int]] = Counter()
        for fact in self.facts.all(PaymentDecided):
            if fact.status is PaymentStatus.SUCCEEDED:
                paid[fact.customer, day_of(fact.created_at)] += fact.amount
        assert max(paid.values()) <= day_amount
        last = day_of(max(fact.created_at for fact in self.facts.all(PaymentDecided)))
        for customer in set(self.owners.values()):
            used = self._engine.used(day_amount_id(CURRENCY, customer))
            assert used is not None
            assert used[1] == day_amount
            if paid[customer, last]:
                assert used[0] == paid[customer, last]
        return sum(fact.reason == "daily_limit" for fact in self.facts.all(PaymentDecided))

    def check_statements(self, reads: Database) -> int:
        """Each customer account's statement adds up, line by line, to its balance; returns the number of lines."""
        lines = 0
        for account in self.owners:
            balance, entries = self._balance(account), _statement(reads, account)
            for entry in entries:  # the newest first
                assert entry.balance == balance
                balance -= entry.amount
            assert balance == 0
            lines += len(entries)
        return lines

    def _closed(self, account: bytes) -> bool:
        found = self._engine.account(account)
        return found is not None and bool(found.closed_and_frozen & CLOSED)

    def _balance(self, account: bytes) -> int:
        found = self._engine.account(account)
        return found.balance if found is not None else 0


def _statement(reads: Database, account: bytes) -> list[Entry]:
    found, cursor = lines.statement(reads, account, None, PAGE)
    while cursor is not None:
        page, cursor = lines.statement(reads, account, cursor, PAGE)
        found += page
    return [line.entry for line in found]
