"""The questions that the read model answers, over one connection. Only reads; lists are bounded by `limit`.

A tenant's number is part of every question about a tenant's things, so that no cursor and no id leads to another's.
"""

from __future__ import annotations

from feiqian.accounts.kinds import AccountKind, AccountTransferKind
from feiqian.events import PaymentDecided, PaymentStatus, RefundDecided
from feiqian.ids import CustomerNumber, MerchantNumber
from feiqian.projections import aside
from feiqian.projections.database import Database, Values
from feiqian.projections.read_model import EVERYBODY

from ..kinds import TransferKind
from .cursors import check_payment_cursor, statement_cursor, statement_sequence
from .projection import NAME, account_key
from .rows import (
    ENTRY_COLUMNS,
    PAYMENT_COLUMNS,
    CorrectionRow,
    CustomerDay,
    Entry,
    MerchantDay,
    PaymentRow,
    payment_fact,
    payment_row,
    refund_fact,
)

_WALLETS = "SELECT no FROM accounts WHERE owner = ? AND kind = ?"
_PAYMENT = f"SELECT {PAYMENT_COLUMNS} FROM payments p"
WAITS = f"p.status = '{PaymentStatus.WAITING}'"  # in just these words an index has them alone
LARGEST_LIMIT = 1000
LOOKED_AT = 1000  # lines of a statement, for the few among them that are corrections


def is_incomplete(db: Database, kind: int, owner: int) -> bool:
    """Whether something of these accounts (in any currency) was set aside, or of somebody who is not known."""
    return aside.is_incomplete(db, NAME, account_key(kind, owner), EVERYBODY)


def is_incomplete_payment(db: Database, id: str) -> bool:
    """Whether something of this payment was set aside: it may not be as it is shown."""
    return aside.is_incomplete(db, NAME, id)


def payment_by_id(db: Database, id: str) -> PaymentRow | None:
    return _payment(db.one(f"{_PAYMENT} WHERE p.id = ?", (id,)))


def payment_by_transfer(db: Database, transfer: bytes) -> PaymentRow | None:
    return _payment(db.one(f"{_PAYMENT} WHERE p.transfer = ?", (transfer,)))


def payment_by_order(db: Database, merchant: MerchantNumber, merchant_order: str) -> PaymentRow | None:
    return _payment(db.one(f"{_PAYMENT} WHERE p.merchant = ? AND p.merchant_order = ?", (merchant, merchant_order)))


def _payment(values: Values | None) -> PaymentRow | None:
    return None if values is None else payment_row(values)


def payments(
    db: Database,
    merchant: MerchantNumber,
    cursor: str | None,
    limit: int,
    status: str | None,
    created_from: int | None,
    created_before: int | None,
) -> tuple[list[PaymentRow], str | None]:
    """A page of a merchant's payments, newest first, and the cursor of the next. Raises CursorInvalid."""
    where = ["p.merchant = ?"]
    values: list[int] = [merchant]
    if cursor is not None:
        found = db.one(
            "SELECT created_at, no FROM payments WHERE id = ? AND merchant = ?",
            (check_payment_cursor(cursor), merchant),
        )
        if found is None:
            return [], None
        where.append("(p.created_at, p.no) < (?, ?)")
        values += found
    if created_from is not None:
        where.append("p.created_at >= ?")
        values.append(created_from)
    if created_before is not None:
        where.append("p.created_at < ?")
        values.append(created_before)
    if status is not None:
        where.append(_status_is(status))
    query = f"{_PAYMENT} WHERE {' AND '.join(where)} ORDER BY p.created_at DESC, p.no DESC LIMIT ?"
    rows = [payment_row(row) for row in db.all(query, (*values, _checked(limit) + 1))]
    return (rows[:limit], rows[limit - 1].id) if len(rows) > limit else (rows, None)


def _status_is(status: str) -> str:
    """As literals, because an index on the exceptions is used only where the text says that it is one of them."""
    known = PaymentStatus(status)  # raises ValueError for what a payment never is
    return f"p.status = '{known}'" + ("" if known is PaymentStatus.SUCCEEDED else " AND p.status <> 'succeeded'")


def _checked(limit: int) -> int:
    if not 0 < limit <= LARGEST_LIMIT:
        raise ValueError(f"a page has 1 to {LARGEST_LIMIT} rows, not {limit}")
    return limit


def newest_of_customer(db: Database, customer: CustomerNumber, limit: int) -> list[PaymentRow]:
    """Those paid, by the lines of the customer's wallets; those that were not, by an index of their own."""
    query = "SELECT no FROM payments WHERE customer = ? AND status <> 'succeeded' ORDER BY no DESC LIMIT ?"
    numbers = {no for (no,) in db.all(query, (customer, _checked(limit)))}
    query = "SELECT payment FROM entries WHERE account = ? AND kind = ? ORDER BY sequence DESC LIMIT ?"
    for (account,) in db.all(_WALLETS, (customer, int(AccountKind.CUSTOMER_WALLET))):
        numbers |= {no for (no,) in db.all(query, (account, int(TransferKind.PAYMENT), limit)) if no is not None}
    newest = sorted(numbers, reverse=True)[:limit]
    query = f"{_PAYMENT} WHERE p.no IN ({', '.join('?' * len(newest))}) ORDER BY p.no DESC"
    return [payment_row(row) for row in db.all(query, tuple(newest))] if newest else []


def corrections_of_customer(db: Database, customer: CustomerNumber, limit: int) -> list[CorrectionRow]:
    """The newest corrections of the customer's wallets among the newest LOOKED_AT lines of each, newest first."""
    wallets = "SELECT no, currency FROM accounts WHERE owner = ? AND kind = ?"
    lines = """SELECT transfer, amount, at, position FROM (
        SELECT transfer, amount, kind, at, position, sequence FROM entries
        WHERE account = ? ORDER BY sequence DESC LIMIT ?) AS newest
    WHERE kind = ? ORDER BY sequence DESC LIMIT ?"""
    found = []
    for no, currency in db.all(wallets, (customer, int(AccountKind.CUSTOMER_WALLET))):
        asked = no, LOOKED_AT, int(AccountTransferKind.CORRECTION), _checked(limit)
        rows = db.all(lines, asked)
        found += [CorrectionRow(transfer, amount, currency, at, place) for transfer, amount, at, place in rows]
    return sorted(found, key=lambda row: (row.at, row.position), reverse=True)[:limit]


def waiting_of_customer(db: Database, customer: CustomerNumber, limit: int) -> list[PaymentRow]:
    """What waits for the customer (and has not ended as far as the read model knows), newest first."""
    query = f"{_PAYMENT} WHERE p.customer = ? AND {WAITS} ORDER BY p.no DESC LIMIT ?"
    return [payment_row(row) for row in db.all(query, (customer, _checked(limit)))]


def waiting(db: Database) -> list[PaymentDecided]:
    """All payments that wait for their customers, as they were decided."""
    return [payment_fact(blob) for (blob,) in db.all(f"SELECT p.fact FROM payments p WHERE {WAITS}")]


def newest(db: Database, limit: int) -> list[PaymentRow]:
    return [payment_row(row) for row in db.all(f"{_PAYMENT} ORDER BY p.no DESC LIMIT ?", (_checked(limit),))]


def refunds_of(db: Database, payment: str) -> list[RefundDecided]:
    """All refunds of a payment, declined ones too, oldest first."""
    query = "SELECT fact FROM refunds WHERE payment = ? ORDER BY created_at, id"
    return [refund_fact(blob) for (blob,) in db.all(query, (payment,))]


def refund_by_transfer(db: Database, transfer: bytes) -> RefundDecided | None:
    row = db.one("SELECT fact FROM refunds WHERE transfer = ?", (transfer,))
    return None if row is None else refund_fact(row[0])


def statement(db: Database, account: bytes, cursor: str | None, limit: int) -> tuple[list[Entry], str | None]:
    """A page of an account's statement, newest first, and the cursor of the next. Raises CursorInvalid."""
    before = statement_sequence(account, cursor) if cursor is not None else 2**63 - 1
    query = f"""SELECT {ENTRY_COLUMNS} FROM entries e LEFT JOIN payments p ON p.no = e.payment
    WHERE e.account = (SELECT no FROM accounts WHERE id = ?) AND e.sequence < ? ORDER BY e.sequence DESC LIMIT ?"""
    rows = [Entry(*row) for row in db.all(query, (account, before, _checked(limit)))]
    more = len(rows) == limit and rows[-1].sequence > 1
    return rows, statement_cursor(account, rows[-1].sequence) if more else None


def merchant_day(db: Database, merchant: MerchantNumber, day: int) -> list[MerchantDay]:
    """One row per currency; none if nothing happened."""
    query = """SELECT merchant, day, currency, count, amount, fees, refunded FROM merchant_days
    WHERE merchant = ? AND day = ? ORDER BY currency"""
    return [MerchantDay(*row) for row in db.all(query, (merchant, day))]


def customer_day(db: Database, customer: CustomerNumber, day: int) -> list[CustomerDay]:
    """One row per currency; none if nothing happened."""
    query = """SELECT customer, day, currency, count, amount, refunded FROM customer_days
    WHERE customer = ? AND day = ? ORDER BY currency"""
    return [CustomerDay(*row) for row in db.all(query, (customer, day))]
