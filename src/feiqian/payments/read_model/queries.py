"""The questions that the read model of payments answers, over one connection. Only reads; lists are bounded by `limit`.

A tenant's number is part of every question about a tenant's things, so that no cursor and no id leads to another's.
An index of few rows is used only where the text says that it is one of them: so those conditions stand there literally.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, func, literal_column, or_, select, tuple_

from feiqian.accounts.kinds import OF_CUSTOMERS, AccountTransferKind
from feiqian.events import PaymentDecided, PaymentStatus, RefundDecided
from feiqian.ids import CustomerNumber, MerchantNumber
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.projections import aside
from feiqian.projections.database import Database, Values, numbered, several

from ..kinds import TransferKind
from . import tables
from .cursors import check_payment_cursor
from .projection import NAME, account_key
from .rows import CorrectionRow, PaymentRow, payment_fact, payment_row, refund_fact
from .step import WAITING

STATUSES = frozenset(status.value for status in PaymentStatus)
LARGEST_LIMIT = 1000
LOOKED_AT = 1000  # lines of a statement, for the few among them that are corrections

_D = tables.customer_days.c
_P, _R, _E, _A = tables.payments.c, tables.refunds.c, tables.entries.c, tables.accounts.c
_LIMIT: BindParameter[int] = bindparam("limit")


def _status(text: str, *, other: bool = False) -> ColumnElement[bool]:
    literal: ColumnElement[str] = literal_column(f"'{text}'")
    return _P.status != literal if other else _P.status == literal


PAYMENT_COLUMNS = (_P.fact, _P.status, _P.refused, _P.met, _P.fee, _P.refunded, _P.closed_at, _P.day, _P.position)
UNPAID = _status("succeeded", other=True)

_PAYMENT = select(*PAYMENT_COLUMNS)
_BY_ID = _PAYMENT.where(_P.id == bindparam("id"))
_BY_TRANSFER = _PAYMENT.where(
    _P.merchant == bindparam("merchant"),
    _P.merchant_order == bindparam("order"),
    _P.transfer == bindparam("transfer"),
)
_NEWEST = _PAYMENT.order_by(_P.no.desc()).limit(_LIMIT)
_PLACE = select(_P.created_at, _P.no).where(_P.id == bindparam("id"), _P.merchant == bindparam("merchant"))

WAIT = select(_P.fact).where(_status(WAITING))
WAIT_FOR_CUSTOMER = _NEWEST.where(_P.customer == bindparam("customer"), _status(WAITING))
NOT_PAID = select(_P.no).where(_P.customer == bindparam("customer"), UNPAID).order_by(_P.no.desc()).limit(_LIMIT)
ACCOUNTS_OF_CUSTOMER = select(_A.no, _A.currency).where(
    _A.owner == bindparam("customer"), or_(*(_A.kind == int(kind) for kind in OF_CUSTOMERS))
)
_PAID = (
    select(_E.payment)
    .where(_E.account == bindparam("account"), _E.kind == int(TransferKind.PAYMENT))
    .order_by(_E.sequence.desc())
    .limit(_LIMIT)
)
_LATEST = (
    select(_E.transfer, _E.amount, _E.kind, _E.at, _E.position, _E.sequence)
    .where(_E.account == bindparam("account"))
    .order_by(_E.sequence.desc())
    .limit(literal_column(str(LOOKED_AT)))
    .subquery("latest")
)
_CORRECTIONS = (
    select(_LATEST.c.transfer, _LATEST.c.amount, _LATEST.c.at, _LATEST.c.position)
    .where(_LATEST.c.kind == int(AccountTransferKind.CORRECTION))
    .order_by(_LATEST.c.sequence.desc())
    .limit(_LIMIT)
)
_REFUNDS = select(_R.fact).where(_R.payment == bindparam("payment")).order_by(_R.created_at, _R.id)
_REFUND = select(_R.fact).where(_R.transfer == bindparam("transfer"))


def customer_incomplete(db: Database, customer: CustomerNumber) -> bool:
    """Whether something of a customer's accounts was set aside, so that lists and statements lack it."""
    return any(is_incomplete(db, kind, customer) for kind in OF_CUSTOMERS)


def merchant_incomplete(db: Database, merchant: MerchantNumber) -> bool:
    return is_incomplete(db, MerchantAccountKind.PAYABLE, merchant)


def is_incomplete(db: Database, kind: int, owner: int) -> bool:
    """Whether something of these accounts (in any currency) was set aside, or of somebody who is not known."""
    return aside.is_incomplete(db, NAME, account_key(kind, owner), or_everybody=True)


def payment_incomplete(db: Database, id: str) -> bool:
    """Whether something of this payment was set aside: it may not be as it is shown."""
    return aside.is_incomplete(db, NAME, id)


def payment_by_id(db: Database, id: str) -> PaymentRow | None:
    """A payment by its public id, whoever's it is: the caller checks that."""
    return _payment(db.one(_BY_ID, id=id))


def payment_by_transfer(db: Database, merchant: MerchantNumber, order: str, transfer: bytes) -> PaymentRow | None:
    """A payment by the transfer (or hold) that names it in the ledger. `order` is its `merchant_order`: transfers come
    in random order, so that no index has them alone."""
    return _payment(db.one(_BY_TRANSFER, merchant=merchant, order=order, transfer=transfer))


def _payment(values: Values | None) -> PaymentRow | None:
    return None if values is None else payment_row(values)


def payments(
    db: Database,
    merchant: MerchantNumber,
    cursor: str | None = None,
    limit: int = 50,
    *,
    status: str | None = None,
    created_from: int | None = None,
    created_before: int | None = None,
) -> tuple[list[PaymentRow], str | None]:
    """A page of a merchant's payments, newest first, and the cursor of the next page (None: there is none).

    Times are Unix microseconds. A cursor of another merchant gives an empty page. Raises CursorInvalid.
    """
    asked: dict[str, Any] = {"merchant": merchant, "from": created_from, "before": created_before}
    if cursor is not None:
        found = db.one(_PLACE, id=check_payment_cursor(cursor), merchant=merchant)
        if found is None:
            return [], None
        asked["at"], asked["no"] = found
    query = _page(cursor is not None, status, created_from is not None, created_before is not None)
    rows = [payment_row(row) for row in db.all(query, limit=_checked(limit) + 1, **asked)]
    return (rows[:limit], rows[limit - 1].id) if len(rows) > limit else (rows, None)


@lru_cache
def _page(after: bool, status: str | None, created_from: bool, created_before: bool) -> Select[Any]:
    """A merchant's payments: `after` a place in the list, of one status, of a time."""
    if status is not None and status not in STATUSES:
        raise ValueError(f"a payment is never {status!r}")
    query = _PAYMENT.where(_P.merchant == bindparam("merchant"))
    if after:
        query = query.where(tuple_(_P.created_at, _P.no) < tuple_(bindparam("at"), bindparam("no")))
    if created_from:
        query = query.where(_P.created_at >= bindparam("from"))
    if created_before:
        query = query.where(_P.created_at < bindparam("before"))
    if status is not None:
        query = query.where(_status(status))
        if status != "succeeded":
            query = query.where(UNPAID)
    return query.order_by(_P.created_at.desc(), _P.no.desc()).limit(_LIMIT)


def _checked(limit: int) -> int:
    if not 0 < limit <= LARGEST_LIMIT:
        raise ValueError(f"a page has 1 to {LARGEST_LIMIT} rows, not {limit}")
    return limit


def newest_of_customer(db: Database, customer: CustomerNumber, limit: int = 20) -> list[PaymentRow]:
    """A customer's newest payments, newest first: those paid, by the lines of the accounts, and those that were not."""
    numbers = {no for (no,) in db.all(NOT_PAID, customer=customer, limit=_checked(limit))}
    for account, _ in db.all(ACCOUNTS_OF_CUSTOMER, customer=customer):
        numbers |= {no for (no,) in db.all(_PAID, account=account, limit=limit) if no is not None}
    newest = sorted(numbers, reverse=True)[:limit]
    query = _numbered(len(newest))
    return [payment_row(row) for row in db.all(query, **numbered("no", newest))] if newest else []


@lru_cache
def _numbered(count: int) -> Select[Any]:
    return _PAYMENT.where(_P.no.in_(several("no", count))).order_by(_P.no.desc())


def paid_on_days(db: Database, customer: CustomerNumber, currency: CurrencyNumber, days: Sequence[int]) -> MinorUnits:
    """What a customer's payments of these days (yyyymmdd, a year of them at most) come to, in minor units."""
    query, values = _of_days(len(days)), numbered("day", days)
    row = db.one(query, customer=customer, currency=currency, **values) if days else None
    return MinorUnits(int(row[0] or 0) if row else 0)


@lru_cache
def _of_days(count: int) -> Select[Any]:
    theirs = _D.customer == bindparam("customer"), _D.currency == bindparam("currency")
    return select(func.sum(_D.amount)).where(*theirs, _D.day.in_(several("day", count)))


def corrections_of_customer(db: Database, customer: CustomerNumber, limit: int = 20) -> list[CorrectionRow]:
    """The newest corrections of the customer's accounts among the newest LOOKED_AT lines of each, newest first."""
    found = []
    for account, currency in db.all(ACCOUNTS_OF_CUSTOMER, customer=customer):
        rows = db.all(_CORRECTIONS, account=account, limit=_checked(limit))
        found += [CorrectionRow(transfer, amount, currency, at, place) for transfer, amount, at, place in rows]
    return sorted(found, key=lambda row: (row.at, row.position), reverse=True)[:limit]


def waiting_of_customer(db: Database, customer: CustomerNumber, limit: int = 20) -> list[PaymentRow]:
    """What waits for the customer (and has not ended as far as the read model knows), newest first."""
    return [payment_row(row) for row in db.all(WAIT_FOR_CUSTOMER, customer=customer, limit=_checked(limit))]


def waiting(db: Database) -> list[PaymentDecided]:
    """All payments that wait for their customers, as they were decided."""
    return [payment_fact(blob) for (blob,) in db.all(WAIT)]


def newest(db: Database, limit: int = 20) -> list[PaymentRow]:
    """The newest payments of all."""
    return [payment_row(row) for row in db.all(_NEWEST, limit=_checked(limit))]


def refunds_of(db: Database, payment: str) -> list[RefundDecided]:
    """All refunds of a payment, declined ones too, oldest first."""
    return [refund_fact(blob) for (blob,) in db.all(_REFUNDS, payment=payment)]


def refund_by_transfer(db: Database, transfer: bytes) -> RefundDecided | None:
    row = db.one(_REFUND, transfer=transfer)
    return None if row is None else refund_fact(row[0])
