"""Writes what journal rows add to the read model of payments, and says whom a part concerns that could not be taken."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from sqlalchemy import BindParameter, Table, bindparam, func, literal_column, select

from feiqian.accounts.kinds import OF_CUSTOMERS
from feiqian.events import BetweenPeople, OwnTransferDecided, RefundDecided, decode_values
from feiqian.ids import PAYMENT, is_id
from feiqian.ledger.engine import EVENT, Type
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.projections import aside
from feiqian.projections.database import Database
from feiqian.projections.read_model import EVERYBODY, Kinds, Part

from .parts import decoded, parts_of
from .step import WAITING, Account, End, Hold, ProjectionStep
from .tables import accounts, entries, holds, payments, refunds

NAME = "payments"
CACHED_ACCOUNTS = 400_000  # about 100 MB; the cache begins anew when it is full

_ACCOUNT_ID = struct.Struct(">HHIQ")
_MOVES = frozenset({int(Type.TRANSFER), int(Type.SWEEP), int(Type.HOLD)})
_ENDS = {int(Type.CAPTURE): 6, int(Type.RELEASE): 6, int(Type.EXPIRE_HOLD): 5}  # where the hold's id stands

# What is written often is text; each names its parameters in the order of what `Fold` gathers.
_ADD_MERCHANT_DAY = """
INSERT INTO merchant_days VALUES (:merchant, :day, :currency, :count, :amount, :fees, :refunded)
ON CONFLICT (merchant, day, currency) DO UPDATE SET
count = merchant_days.count + excluded.count, amount = merchant_days.amount + excluded.amount,
fees = merchant_days.fees + excluded.fees, refunded = merchant_days.refunded + excluded.refunded"""
_ADD_CUSTOMER_DAY = """
INSERT INTO customer_days (customer, day, currency, count, amount, refunded)
VALUES (:customer, :day, :currency, :count, :amount, :refunded)
ON CONFLICT (day, customer, currency) DO UPDATE SET count = customer_days.count + excluded.count,
amount = customer_days.amount + excluded.amount, refunded = customer_days.refunded + excluded.refunded"""
_ADD_REFUND = "UPDATE payments SET refunded = refunded + :amount WHERE id = :payment"
_END_HOLD = "DELETE FROM holds WHERE id = :id"
_END_WAITING = """UPDATE payments SET status = :status, closed_at = :at, day = :day, fee = :fee, refused = :refused,
met = :met WHERE no = :no AND status = :waiting"""

# What was authorised ends with its hold; each capture is a payment of its own.
_END_AUTHORISED = """UPDATE payments SET status = :status, closed_at = :at, day = :day
WHERE no = :no AND status = 'authorised'"""
_OF_AUTHORISED = {"succeeded": "captured", "cancelled": "voided", "declined": "voided", "expired": "lapsed"}

_NO: BindParameter[int] = bindparam("no")
_ID: BindParameter[Any] = bindparam("id")
_ACCOUNT = select(accounts.c.no).where(accounts.c.id == _ID)
_LAST_LINE = (
    select(entries.c.balance, entries.c.sequence)
    .where(entries.c.account == _NO)
    .order_by(entries.c.sequence.desc())
    .limit(literal_column("1"))
)
_HOLD = select(holds.c.debit, holds.c.credit, holds.c.amount, holds.c.payment).where(holds.c.id == _ID)
_NUMBER = select(payments.c.no).where(payments.c.id == _ID)
_TRANSFER = select(payments.c.transfer).where(payments.c.id == _ID)
# By its transfer (or hold) while it waits or where it came to nothing: what succeeded no later record names, and an
# index of all transfers costs too much. A fact of a newer version that names it by nothing else may concern everybody.
_NAMED = "SELECT id FROM payments WHERE transfer = :id AND status <> 'succeeded'"
_PARTIES = select(payments.c.merchant, payments.c.customer).where(payments.c.id == _ID)
_SUM = select(payments.c.merchant, payments.c.customer, payments.c.currency, payments.c.amount).where(
    payments.c.no == _NO
)


class PaymentsProjection:
    """See `projections.read_model.Projection`."""

    kinds: ClassVar[Kinds] = None

    def __init__(self, db: Database) -> None:
        self._db = db
        self._cache: dict[bytes, Account] = {}
        self._last: tuple[int, int] | None = None  # the last numbers given to an account and to a payment
        self._step: ProjectionStep

    def begin(self, seconds: int, day: int) -> None:
        if len(self._cache) > CACHED_ACCOUNTS:
            self._cache.clear()
        if self._last is None:
            self._last = self._newest(accounts), self._newest(payments)
        self._step = ProjectionStep(self, self._cache, day=day, seconds=seconds, last=self._last)

    def add(self, position: int, records: bytes, facts: list[bytes]) -> None:
        self._step.add(position, records, facts)

    @property
    def moment(self) -> tuple[int, int]:
        return self._step.seconds, self._step.day

    def forget(self) -> None:
        self._cache.clear()
        self._last = None

    def _newest(self, table: Table) -> int:
        row = self._db.one(select(func.max(table.c.no)))
        return (row and row[0]) or 0

    # --- writing -----------------------------------------------------------------------------------------------

    def write(self) -> None:
        db, step = self._db, self._step
        db.insert(accounts, step.accounts)
        db.insert(payments, step.payments)
        db.insert(entries, step.entries)
        db.insert(holds, [(id, *hold) for id, hold in step.holds.items()])
        db.insert(refunds, step.refunds)
        if step.refunded:
            db.change_many(_ADD_REFUND, step.refunded)
        if step.holds_ended:
            db.change_many(_END_HOLD, [(id,) for id in step.holds_ended])
        for end in step.ended:
            self._end_waiting(step, end)
        if step.merchant_days:
            db.change_many(_ADD_MERCHANT_DAY, [(*key, *totals) for key, totals in step.merchant_days.items()])
            db.change_many(_ADD_CUSTOMER_DAY, [(*key, *totals) for key, totals in step.customer_days.items()])
        self._last = step.last_account, step.last_payment

    def _end_waiting(self, step: ProjectionStep, end: End) -> None:
        """States only move forward: what no longer waits stays as it is."""
        status, day, no, (at, fee, refused, met) = end
        values = {"status": status, "at": at, "day": day, "fee": fee, "refused": refused, "met": met, "no": no}
        if self._db.change(_END_WAITING, waiting=WAITING, **values) and status == "succeeded":
            row = self._db.one(_SUM, no=no)
            assert row is not None
            merchant, customer, currency, amount = row
            step.count(merchant, customer, day, currency, amount, fee)
            return
        self._db.change(_END_AUTHORISED, status=_OF_AUTHORISED[status], at=at, day=day, no=no)

    # --- what earlier steps have written, which a step asks for --------------------------------------------------

    def account(self, id: bytes) -> Account | None:
        row = self._db.one(_ACCOUNT, id=id)
        if row is None:
            return None
        last = self._db.one(_LAST_LINE, no=row[0])
        return Account(row[0], *(last or (0, 0)))

    def hold(self, id: bytes) -> Hold | None:
        row = self._db.one(_HOLD, id=id)
        return None if row is None else (row[0], row[1], row[2], row[3])

    def payment_number(self, id: str) -> int | None:
        row = self._db.one(_NUMBER, id=id)
        return None if row is None else int(row[0])

    # --- what cannot be taken, and whom it concerns ------------------------------------------------------------

    def parts(self, records: bytes, facts: list[bytes]) -> list[Part]:
        return parts_of(records, facts, self._transfer_of)

    def _transfer_of(self, payment: str) -> bytes | None:
        row = self._db.one(_TRANSFER, id=payment)
        return None if row is None else bytes(row[0])

    def concerned(self, part: Part) -> set[str]:
        """Accounts, as `account_key` names them, and payments' ids; nobody unless an account is among them."""
        owners: set[str] = set()
        paid: set[str] = set()
        for event in EVENT.iter_unpack(part.records):
            owners |= {account_key(*_kind_and_owner(id)) for id in self._accounts(event)}
            paid |= self._payments_named((event[5], event[6]))
        for blob in part.facts:
            texts, ids = _named_in(blob)
            named = self._payments_named(ids) | {text for text in texts if is_id(PAYMENT, text)}
            paid |= named
            owners |= _parties(blob) or {key for id in named for key in self._parties_of(id)}
        return paid | (owners or {EVERYBODY})

    def _accounts(self, event: tuple[Any, ...]) -> Iterator[bytes]:
        type_ = event[0]
        if type_ in _MOVES:
            yield from event[6:8]
        elif type_ == Type.ACCOUNT:
            yield event[5]
        elif type_ in _ENDS:
            yield from self._accounts_of_hold(event[_ENDS[type_]])

    def _accounts_of_hold(self, hold: bytes) -> list[bytes]:
        """Of a hold that is there, or that has itself been set aside."""
        row = self._db.one(_HOLD, id=hold)
        if row is not None:
            return [bytes(id) for id in row[:2]]
        for records in aside.records(self._db, NAME):
            for event in EVENT.iter_unpack(records):
                if event[0] == Type.HOLD and event[5] == hold:
                    return list(event[6:8])
        return []

    def _payments_named(self, ids: Iterable[bytes]) -> set[str]:
        """Payments that these transfers or holds name."""
        rows = [self._db.one(_NAMED, id=id) for id in ids]
        return {row[0] for row in rows if row is not None}

    def _parties_of(self, payment: str) -> set[str]:
        row = self._db.one(_PARTIES, id=payment)
        return set() if row is None else _accounts_of(*row)


def account_key(kind: int, owner: int) -> str:
    """Whom a part that was set aside concerns: an owner's accounts of a kind, in any currency."""
    return f"{int(kind)}:{owner}"


def _kind_and_owner(account: bytes) -> tuple[int, int]:
    kind, _, _, owner = _ACCOUNT_ID.unpack(account)
    return kind, owner


def _accounts_of(merchant: int, customer: int) -> set[str]:
    return {account_key(MerchantAccountKind.PAYABLE, merchant)} | _of_customers(customer)


def _of_customers(*numbers: int) -> set[str]:
    return {account_key(kind, number) for number in numbers if number for kind in OF_CUSTOMERS}


def _parties(blob: bytes) -> set[str]:
    fact = decoded(blob)
    if isinstance(fact, OwnTransferDecided):
        return _of_customers(fact.customer)
    if isinstance(fact, BetweenPeople):
        return _of_customers(fact.sender, fact.receiver)
    return set() if fact is None or not fact.merchant else _accounts_of(fact.merchant, fact.customer)


def _named_in(blob: bytes) -> tuple[list[str], list[bytes]]:
    """Texts and ids of 16 bytes in a fact, even in one that this version does not know."""
    fact = decoded(blob)
    if fact is not None:
        return [fact.payment if isinstance(fact, RefundDecided) else fact.id], []
    values = decode_values(blob)
    texts = [value for value in values if isinstance(value, str)]
    return texts, [value for value in values if isinstance(value, bytes) and len(value) == 16]
