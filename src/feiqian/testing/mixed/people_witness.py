"""What must be true after people's mix: what was told is in the journal, once; the balances follow from it to the cent.

It replays the journal by itself. The limit of a day is counted again fact by fact, those of each period by what the
ledger has moved (`counted`), so that they hold at each moment.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import TypeVar

from feiqian.accounts.kinds import AccountKind, wallet_id
from feiqian.clock import MICROSECONDS
from feiqian.events import (
    Fact,
    PacketMade,
    PacketReturned,
    PacketStatus,
    PacketTaken,
    PaymentDecided,
    PaymentStatus,
    PersonTransferDecided,
    PersonTransferEnded,
    PersonTransferStatus,
    decode_fact,
)
from feiqian.ids import CustomerNumber
from feiqian.ledger.body import decode_body
from feiqian.ledger.chart import BANK, account_id
from feiqian.ledger.engine import Engine
from feiqian.ledger.engines import new_engine
from feiqian.ledger.journal import Journal
from feiqian.ledger.recovery import replay_row
from feiqian.merchants.kinds import payable_id
from feiqian.packets.kinds import bank_account
from feiqian.payments.plan import payer_account

from .counted import Counted
from .operations import CURRENCY
from .phones import Heard

FEES = account_id(AccountKind.MERCHANT_FEES, CURRENCY, BANK)
ON_ITS_WAY = frozenset({PersonTransferStatus.HELD, PersonTransferStatus.WAITING})
BACK = frozenset({PersonTransferStatus.CANCELLED, PersonTransferStatus.RETURNED})
K = TypeVar("K")
V = TypeVar("V")


class PeopleWitness:
    """Of one journal. `day_amount` is everybody's limit of a day; `day_of` tells the bank's day of Unix seconds."""

    def __init__(self, journal: Journal, day_amount: int, day_of: Callable[[int], int]) -> None:
        self._journal, self._engine, self._position = journal, new_engine(), 0
        self._first = self._engine
        self._day_amount, self._day_of = day_amount, day_of
        self._used: Counter[tuple[int, int]] = Counter()  # by customer and day
        self._counted = Counted()
        self._moved: Counter[bytes] = Counter()  # by account, since `begin`
        self.payments: dict[str, PaymentDecided] = {}
        self.transfers: dict[tuple[int, str], PersonTransferDecided] = {}
        self.packets: dict[tuple[int, str], PacketMade] = {}
        self.ends: dict[str, PersonTransferEnded] = {}
        self.shares: dict[str, dict[int, PacketTaken]] = defaultdict(dict)
        self.returned: dict[str, PacketReturned] = {}
        self._by_id: dict[str, PersonTransferDecided] = {}

    def begin(self) -> None:
        """What there is now is what people change."""
        self.read_on()
        self._first, self._engine = self._engine, new_engine()
        for row in self._journal.rows(0):
            replay_row(self._engine, row)

    def read_on(self) -> None:
        """Reads the rows that have come since. Raises AssertionError for what must never be."""
        for row in self._journal.rows(self._position):
            replay_row(self._engine, row)
            self._position = row.position
            body = decode_body(row.body)
            self._counted.take(body.records)
            for encoded in body.facts:
                self._take(decode_fact(encoded))
        self._engine.check()

    # --- fact by fact ------------------------------------------------------------------------------------------------

    def _take(self, fact: Fact) -> None:
        if isinstance(fact, PaymentDecided):
            self._once(self.payments, fact.merchant_order, fact)
            if fact.status is PaymentStatus.SUCCEEDED:
                self._count(fact.customer, fact.created_at, fact.amount)
                self._move(payer_account(fact), payable_id(CURRENCY, fact.merchant), fact.amount)
                self._move(payable_id(CURRENCY, fact.merchant), FEES, fact.fee)
        elif isinstance(fact, PersonTransferDecided):
            self._transfer(fact)
        elif isinstance(fact, PersonTransferEnded):
            self._ended(fact)
        elif isinstance(fact, PacketMade | PacketTaken | PacketReturned):
            self._packet(fact)

    def _transfer(self, fact: PersonTransferDecided) -> None:
        self._once(self.transfers, (fact.sender, fact.number), fact)
        self._by_id[fact.id] = fact
        if fact.status is not PersonTransferStatus.DECLINED:
            self._count(fact.sender, fact.created_at, fact.amount)
        if fact.status is PersonTransferStatus.SUCCEEDED:
            self._move(fact.debit, fact.credit, fact.amount)

    def _ended(self, fact: PersonTransferEnded) -> None:
        """What was cancelled or came back on its day counts for nothing that day."""
        self._once(self.ends, fact.id, fact)
        began = self._by_id[fact.id]
        assert began.status in ON_ITS_WAY, f"{began} has ended, and was not held"
        if fact.status is PersonTransferStatus.SUCCEEDED:
            credit = began.credit or wallet_id(CURRENCY, fact.receiver)
            self._move(began.debit, credit, began.amount)
        else:
            assert fact.status in BACK, fact
            if self._day(fact.at) == self._day(began.created_at):
                self._count(began.sender, began.created_at, -began.amount)

    def _packet(self, fact: PacketMade | PacketTaken | PacketReturned) -> None:
        inside = bank_account(CURRENCY)
        if isinstance(fact, PacketMade):
            self._once(self.packets, (fact.sender, fact.number), fact)
            assert sum(fact.shares) == fact.amount, fact
            if fact.status is PacketStatus.OPEN:
                self._count(fact.sender, fact.created_at, fact.amount)
                self._move(fact.debit, inside, fact.amount)
        elif isinstance(fact, PacketTaken):
            self._once(self.shares[fact.id], fact.receiver, fact)
            self._move(inside, fact.credit, fact.amount)
        else:
            self._once(self.returned, fact.id, fact)
            self._move(inside, fact.credit, fact.amount)

    def _once(self, known: dict[K, V], key: K, fact: V) -> None:
        assert key not in known, f"{key} happened twice: {known[key]}, and {fact}"
        known[key] = fact

    def _count(self, customer: CustomerNumber, at: int, amount: int) -> None:
        key = customer, self._day(at)
        self._used[key] += amount
        assert self._used[key] <= self._day_amount, f"customer {customer} moved {self._used[key]} in a day"

    def _move(self, debit: bytes, credit: bytes, amount: int) -> None:
        self._moved[debit] -= amount
        self._moved[credit] += amount

    def _day(self, at: int) -> int:
        return self._day_of(at // MICROSECONDS)

    # --- in the end --------------------------------------------------------------------------------------------------

    @property
    def waiting(self) -> list[str]:
        """Ids of transfers and packets whose money is on its way."""
        held = [id for id, fact in self._by_id.items() if fact.status in ON_ITS_WAY and id not in self.ends]
        open = [made.id for made in self.packets.values() if made.status is PacketStatus.OPEN and self._left(made)]
        return [*held, *open]

    def _left(self, made: PacketMade) -> int:
        taken = sum(share.amount for share in self.shares[made.id].values())
        returned = self.returned[made.id].amount if made.id in self.returned else 0
        return made.amount - taken - returned

    def check_money(self) -> None:
        """Every account has what it had and what the facts moved; nobody owes, and nothing is held."""
        assert not self.waiting
        found = {id: _balance(self._engine, id) for id in self._moved}
        assert found == {id: _balance(self._first, id) + moved for id, moved in self._moved.items()}
        assert not _balance(self._engine, bank_account(CURRENCY))
        for id in found:
            account = self._engine.account(id)
            assert account is None or (account.balance >= 0 and account.available == account.balance), account
        for made in self.packets.values():
            places = sorted(share.place for share in self.shares[made.id].values())
            assert places == list(range(len(places))), f"{made.id}: {places}"
            assert all(made.shares[share.place] == share.amount for share in self.shares[made.id].values())

    def check_limits(self) -> Counter[int]:
        """What the ledger has counted of this day, month and year is what it has moved, and of the day what the facts
        say; what was compared, by the allowance's kind."""
        self.read_on()
        today = self._engine.moment.day
        for (customer, day), used in self._used.items():
            if day == today:
                counted = self._counted.of_day(CURRENCY, customer, day)
                assert counted == used, f"customer {customer}: {counted} was moved, and {used} by the facts"
        return self._counted.compare(self._engine)

    def check_told(self, heard: Heard) -> None:
        """Whatever was told is so."""
        for (sender, number), told in heard.all("transfer").items():
            fact = self.transfers[sender, number]
            assert told == (fact.id, f"{fact.status} {fact.reason or ''}".strip()), f"{told}: {fact}"
        for number, told in heard.all("payment").items():
            paid = self.payments[number]
            assert told == (paid.id, f"{paid.status} {paid.reason or ''}".strip()), f"{told}: {paid}"
        for (sender, number), told in heard.all("packet").items():
            made = self.packets[sender, number]
            assert told == (made.id, made.reason or "made")
        for (id, taker), amount in heard.all("share").items():
            assert self.shares[id][taker].amount == amount
        for id, cancelled in heard.all("cancelled").items():
            assert (self.ends[id].status is PersonTransferStatus.CANCELLED) == cancelled
        for id, request in heard.all("paying").items():
            assert self._by_id[id].about == request

    def paid_requests(self) -> set[str]:
        """Those that money has moved for, each once."""
        moved = [fact.about for fact in self._by_id.values() if fact.about and self._arrived(fact)]
        assert len(moved) == len(set(moved)), "a request was paid twice"
        return set(moved)

    def _arrived(self, fact: PersonTransferDecided) -> bool:
        end = self.ends.get(fact.id)
        return PersonTransferStatus.SUCCEEDED in (fact.status, end and end.status)


def _balance(engine: Engine, account: bytes) -> int:
    found = engine.account(account)
    return found.balance if found is not None else 0
