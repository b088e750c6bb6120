"""What journal rows add to the read model, gathered in memory: the meaning of records and facts, without any SQL.

Statement lines come from the engine's records alone, so that a statement is what the ledger did; facts only say which
payment a movement belongs to. What was written by earlier steps is asked for through `prior`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from feiqian.clock import MICROSECONDS
from feiqian.events import (
    AttemptDecided,
    Fact,
    OwnTransferDecided,
    PacketMade,
    PacketReturned,
    PacketTaken,
    PaymentCancelled,
    PaymentConfirmed,
    PaymentDecided,
    PaymentRefused,
    PaymentStatus,
    PersonTransferDecided,
    RefundDecided,
    decode_fact,
    encode_limit,
)
from feiqian.ledger.engine import EVENT, LINKED, Type
from feiqian.projections.database import Values

from ..kinds import TransferKind

if TYPE_CHECKING:
    from .projection import PaymentsProjection

WAITING = PaymentStatus.WAITING.value

Event = tuple[int, int, int, int, int, bytes, bytes, bytes, bytes]  # as EVENT unpacks it
Hold = tuple[bytes, bytes, int, int | None]  # debit, credit, amount, payment number
Link = tuple[int | None, int]  # payment number, and when it happened
Words = tuple[int, int, str | None, bytes | None]  # what a fact says of such an end: when, fee, why declined, the limit
End = tuple[str, int, int, Words]  # of a waiting payment: status, day, number
Key = tuple[int, int, int]  # owner, day, currency: of a day's totals

_MOVES = (int(Type.TRANSFER), int(Type.SWEEP))


class Account:
    """An account as the last line of its statement left it. `no` is its number in the read model."""

    __slots__ = ("balance", "no", "sequence")

    def __init__(self, no: int, balance: int, sequence: int) -> None:
        self.no, self.balance, self.sequence = no, balance, sequence


class ProjectionStep:
    """The additions of one step. `accounts` is a cache that outlives the step, unless the step fails."""

    def __init__(
        self, prior: PaymentsProjection, cache: dict[bytes, Account], *, day: int, seconds: int, last: tuple[int, int]
    ):
        self._prior, self._cache = prior, cache
        self.day, self.seconds = day, seconds
        self.last_account, self.last_payment = last
        self.accounts: list[Values] = []
        self.payments: list[Values] = []
        self.refunds: list[Values] = []
        self.entries: list[Values] = []
        self.holds: dict[bytes, Hold] = {}
        self.holds_ended: list[bytes] = []
        self.ended: list[End] = []
        self.refunded: list[tuple[int, str]] = []  # amount, payment's id
        self.merchant_days: dict[Key, list[int]] = {}  # count, amount, fees, refunded
        self.customer_days: dict[Key, list[int]] = {}  # count, amount, refunded
        self._numbers: dict[str, int] = {}  # of this step's payments, by id
        self._position = 0
        self._links: dict[bytes, Link] = {}  # this row's: by the transfer that names the chain
        self._ends: dict[int, Words] = {}  # this row's: by payment number
        self._days: dict[bytes, int] = {}  # this row's: the bank's day on which a chain was decided
        self._link: Link | None = None  # of the chain under way

    def add(self, position: int, records: bytes, blobs: list[bytes]) -> None:
        """Adds a row, or whole chains of one with their facts.

        Raises ValueError or msgspec.DecodeError for what cannot be understood.
        """
        self._position = position
        self._links.clear()
        self._days.clear()
        self._ends.clear()
        facts = [(decode_fact(blob), blob) for blob in blobs]
        first = self.last_payment + 1
        for fact, _ in facts:
            self._announce(fact)
        self._add_records(records)
        for fact, blob in facts:
            if type(fact) is PaymentDecided or type(fact) is AttemptDecided:
                self._add_payment(first, fact, blob)
                first += 1
            elif type(fact) is RefundDecided:
                self._add_refund(fact, blob)

    # --- facts -------------------------------------------------------------------------------------------------

    def _announce(self, fact: Fact) -> None:
        """Makes known whose the movements of this row are, and what is said of ends, before they are looked at."""
        if type(fact) is PaymentDecided or type(fact) is AttemptDecided:
            self.last_payment = no = self.last_payment + 1
            self._numbers[fact.id] = no
            self._links[fact.transfer] = (no, fact.created_at)
        elif type(fact) is RefundDecided:
            self._links[fact.transfer] = (self._number(fact.payment), fact.created_at)
        elif type(fact) is OwnTransferDecided or type(fact) is PersonTransferDecided or type(fact) is PacketMade:
            self._links[fact.transfer] = (None, fact.created_at)
        elif type(fact) is PacketTaken or type(fact) is PacketReturned:
            self._links[fact.transfer] = (None, fact.at)
        elif type(fact) is PaymentConfirmed:
            self._say(fact.id, fact.confirmed_at, fact.fee, None)
        elif type(fact) is PaymentRefused:
            met = None if fact.limit is None else encode_limit(fact.limit)
            self._say(fact.id, fact.refused_at, 0, fact.reason, met)
        elif type(fact) is PaymentCancelled:
            self._say(fact.id, fact.cancelled_at, 0, None)

    def _say(self, payment: str, at: int, fee: int, reason: str | None, met: bytes | None = None) -> None:
        no = self._number(payment)
        if no is not None:
            self._ends[no] = at, fee, reason, met

    def _number(self, payment: str) -> int | None:
        no = self._numbers.get(payment)
        return self._prior.payment_number(payment) if no is None else no

    def _add_payment(self, no: int, fact: PaymentDecided, blob: bytes) -> None:
        day = self._days.get(fact.transfer, self.day)
        # An enumeration's member is a text, too, but SQLite's driver takes microseconds to find that out.
        merchant, customer, status = fact.merchant, fact.customer, fact.status.value
        amount, currency, fee = fact.amount, fact.currency, fact.fee
        self.payments.append(
            (
                no,
                fact.id,
                fact.transfer,
                merchant,
                customer,
                fact.merchant_order,
                status,
                amount,
                currency,
                fee,
                0,
                fact.created_at,
                fact.expires_at,
                0,
                day,
                self._position,
                blob,
                None,
                None,
            )
        )
        if status == "succeeded":
            self.count(merchant, customer, day, currency, amount, fee)

    def count(self, merchant: int, customer: int, day: int, currency: int, amount: int, fee: int) -> None:
        """Adds a payment that succeeded to the totals of its day."""
        totals = self.merchant_days.get((merchant, day, currency))
        if totals is None:
            totals = self.merchant_days[merchant, day, currency] = [0, 0, 0, 0]
        totals[0] += 1
        totals[1] += amount
        totals[2] += fee
        totals = self.customer_days.get((customer, day, currency))
        if totals is None:
            totals = self.customer_days[customer, day, currency] = [0, 0, 0]
        totals[0] += 1
        totals[1] += amount

    def _add_refund(self, fact: RefundDecided, blob: bytes) -> None:
        day = self._days.get(fact.transfer, self.day)
        parties = fact.status.value, fact.merchant, fact.customer, fact.amount, fact.currency
        numbers = fact.id, fact.transfer, fact.payment, fact.merchant_refund
        self.refunds.append((*numbers, *parties, fact.created_at, day, self._position, blob))
        if fact.status == "succeeded":
            self.refunded.append((fact.amount, fact.payment))
            self.merchant_days.setdefault((fact.merchant, day, fact.currency), [0, 0, 0, 0])[3] += fact.amount
            self.customer_days.setdefault((fact.customer, day, fact.currency), [0, 0, 0])[2] += fact.amount

    # --- records -----------------------------------------------------------------------------------------------

    def _add_records(self, records: bytes) -> None:
        links, days = self._links, self._days
        link: Link | None = None
        self._link = None
        for event in EVENT.iter_unpack(records):
            type_, flags, kind, _, amount, id, debit, credit, _ = event
            if type_ in _MOVES:
                if link is None:  # this one names its chain
                    self._link = link = links.get(id) or (None, self.seconds * MICROSECONDS)
                    days[id] = self.day
                self._move(kind, amount, id, debit, credit, link)
            elif type_ in _HANDLERS:
                _HANDLERS[type_](self, event)
                link = self._link
            if not flags & LINKED:
                self._link = link = None

    def _move(self, kind: int, amount: int, id: bytes, debit: bytes, credit: bytes, link: Link) -> None:
        """Two statement lines: the same amount, from one account to the other."""
        from_ = self._cache.get(debit) or self._account(debit)
        to = self._cache.get(credit) or self._account(credit)
        from_.balance -= amount
        from_.sequence += 1
        to.balance += amount
        to.sequence += 1
        payment, at = link
        position = self._position
        self.entries.append((from_.no, from_.sequence, -amount, from_.balance, kind, id, payment, at, position))
        self.entries.append((to.no, to.sequence, amount, to.balance, kind, id, payment, at, position))

    def _account(self, id: bytes) -> Account:
        account = self._prior.account(id)
        if account is None:
            raise ValueError(f"a record moves money of account {id.hex()}, which was never opened")
        self._cache[id] = account
        return account

    def _time(self, event: Event) -> None:
        self.day, self.seconds = event[3], event[4]

    def _open_account(self, event: Event) -> None:
        _, _, kind, currency, _, id, *_ = event
        self.last_account += 1
        self._cache[id] = Account(self.last_account, 0, 0)
        self.accounts.append((self.last_account, id, kind, currency, int.from_bytes(id[8:], "big")))

    def _name_chain(self, id: bytes, payment: int | None) -> Link:
        """Whose the chain under way is, if a hold, a capture or a release names it."""
        if self._link is None:
            self._link = self._links.get(id) or (payment, self._end_of(payment)[0])
            self._days[id] = self.day
        return self._link

    def _end_of(self, payment: int | None) -> Words:
        """What a fact of this row says of the payment's end; without one, the moment is the engine's."""
        words = None if payment is None else self._ends.get(payment)
        return words or (self.seconds * MICROSECONDS, 0, None, None)

    def _open_hold(self, event: Event) -> None:
        _, _, _, _, amount, id, debit, credit, _ = event
        payment, _ = self._name_chain(id, None)
        self.holds[id] = (debit, credit, amount, payment)

    def _end_hold(self, id: bytes) -> Hold:
        hold = self.holds.pop(id, None)
        if hold is None:
            hold = self._prior.hold(id)
            self.holds_ended.append(id)
        if hold is None:
            raise ValueError(f"a record ends the hold {id.hex()}, which was never opened")
        return hold

    def _capture(self, event: Event) -> None:
        _, _, kind, _, amount, id, hold_id, _, _ = event
        debit, credit, _, payment = self._end_hold(hold_id)
        link = self._name_chain(id, payment)
        if amount:
            self._move(kind, amount, id, debit, credit, link)
        self._end_waiting("succeeded", payment)

    def _release(self, event: Event) -> None:
        *_, payment = self._end_hold(event[6])
        self._name_chain(event[5], payment)
        self._end_waiting("declined" if event[2] == TransferKind.REFUSAL else "cancelled", payment)

    def _expire(self, event: Event) -> None:
        *_, payment = self._end_hold(event[5])
        self._end_waiting("expired", payment)

    def _end_waiting(self, status: str, payment: int | None) -> None:
        if payment is not None:
            self.ended.append((status, self.day, payment, self._end_of(payment)))


# Not of each step: bound methods would make a cycle of it, and its rows would wait for the collector.
_HANDLERS: dict[int, Callable[[ProjectionStep, Event], None]] = {
    Type.ACCOUNT: ProjectionStep._open_account,
    Type.HOLD: ProjectionStep._open_hold,
    Type.CAPTURE: ProjectionStep._capture,
    Type.RELEASE: ProjectionStep._release,
    Type.TIME: ProjectionStep._time,
    Type.EXPIRE_HOLD: ProjectionStep._expire,
}
