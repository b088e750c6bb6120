"""Reconciles the read model of payments with the ledger, to the cent: what the tables say, against what the engine has.

Only reads. The engine must be as of the read model's own position.
"""

from __future__ import annotations

from collections.abc import Iterator

from feiqian.ledger.engine import Engine
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.projections.database import Database
from feiqian.projections.read_model import Discrepancy

from ..kinds import TransferKind


def reconcile(engine: Engine, db: Database) -> Iterator[Discrepancy]:
    yield from _engine_accounts(engine, db)
    for check in (_accounts, _payments, _refunded, _merchant_accounts):
        yield from check(db)
    yield from _days(db, "merchant", fees="fees", fee="fee")
    yield from _days(db, "customer", fees="0", fee="0")  # who pays none


def _engine_accounts(engine: Engine, db: Database) -> Iterator[Discrepancy]:
    """Every account's lines sum to what the engine has posted, on each side."""
    query = """SELECT a.id, coalesce(sum(CASE WHEN e.amount < 0 THEN -e.amount END), 0),
    coalesce(sum(CASE WHEN e.amount > 0 THEN e.amount END), 0)
    FROM accounts a LEFT JOIN entries e ON e.account = a.no GROUP BY a.id"""
    accounts = db.all(query)
    if len(accounts) != engine.counts()[0]:
        yield Discrepancy("accounts", "how many there are", engine.counts()[0], len(accounts))
    for id, debits, credits in accounts:
        where, account = f"account {bytes(id).hex()}", engine.account(bytes(id))
        if account is None:
            yield Discrepancy(where, "how many the engine has", 1, 0)
            continue
        yield from _same(where, "the sum of debits", account.debits_posted, int(debits))
        yield from _same(where, "the sum of credits", account.credits_posted, int(credits))


def _same(where: str, what: str, expected: int, found: int) -> Iterator[Discrepancy]:
    if expected != found:
        yield Discrepancy(where, what, expected, found)


def _accounts(db: Database) -> Iterator[Discrepancy]:
    """Lines are numbered without a gap, and the last running balance is their sum."""
    query = """SELECT s.account, s.lines, s.last, s.total, e.balance FROM
    (SELECT account, count(*) AS lines, max(sequence) AS last, sum(amount) AS total FROM entries GROUP BY account) s
    JOIN entries e ON e.account = s.account AND e.sequence = s.last
    WHERE s.lines <> s.last OR s.total <> e.balance"""
    for no, lines, last, total, balance in db.all(query):
        where = f"account number {no}"
        yield from _same(where, "the number of its last line", lines, last)
        yield from _same(where, "its last running balance", int(total), balance)
    # A balance that is wrong in between shows against the line before it.
    query = """SELECT e.account, e.sequence, coalesce(b.balance, 0) + e.amount, e.balance FROM entries e
    LEFT JOIN entries b ON b.account = e.account AND b.sequence = e.sequence - 1
    WHERE e.balance <> coalesce(b.balance, 0) + e.amount"""
    for no, sequence, expected, balance in db.all(query):
        yield Discrepancy(f"account number {no}", f"the running balance of line {sequence}", expected, balance)


def _payments(db: Database) -> Iterator[Discrepancy]:
    """A payment that succeeded moved its amount and its fee, once; any other moved nothing."""
    query = f"""SELECT p.id, CASE p.status WHEN 'succeeded' THEN p.amount ELSE 0 END,
    CASE p.status WHEN 'succeeded' THEN p.fee ELSE 0 END, coalesce(m.amount, 0), coalesce(m.fee, 0)
    FROM payments p LEFT JOIN
    (SELECT e.payment AS no, sum(CASE e.kind WHEN {TransferKind.PAYMENT} THEN e.amount ELSE 0 END) AS amount,
    sum(CASE e.kind WHEN {TransferKind.FEE} THEN e.amount ELSE 0 END) AS fee
    FROM entries e WHERE e.amount > 0 GROUP BY e.payment) m ON m.no = p.no
    WHERE coalesce(m.amount, 0) <> CASE p.status WHEN 'succeeded' THEN p.amount ELSE 0 END
    OR coalesce(m.fee, 0) <> CASE p.status WHEN 'succeeded' THEN p.fee ELSE 0 END"""
    for id, amount, fee, moved, fee_moved in db.all(query):
        yield from _same(f"payment {id}", "what it moved", amount, int(moved))
        yield from _same(f"payment {id}", "the fee it moved", fee, int(fee_moved))


def _refunded(db: Database) -> Iterator[Discrepancy]:
    """What was refunded of a payment is the sum of its refunds, and of the lines that gave it back."""
    query = f"""SELECT p.id, p.refunded, coalesce(r.amount, 0), coalesce(m.amount, 0) FROM payments p
    LEFT JOIN (SELECT payment, sum(amount) AS amount FROM refunds WHERE status = 'succeeded' GROUP BY payment) r
    ON r.payment = p.id
    LEFT JOIN (SELECT payment, sum(amount) AS amount FROM entries
    WHERE kind = {TransferKind.REFUND} AND amount > 0 GROUP BY payment) m ON m.payment = p.no
    WHERE p.refunded <> coalesce(r.amount, 0) OR p.refunded <> coalesce(m.amount, 0)"""
    for id, refunded, decided, moved in db.all(query):
        yield from _same(f"payment {id}", "what was refunded", int(decided), refunded)
        yield from _same(f"payment {id}", "what its refunds moved", refunded, int(moved))


def _merchant_accounts(db: Database) -> Iterator[Discrepancy]:
    """A merchant's account has its payments less fees and refunds, beside what else was moved (settlement, opening)."""
    kinds = ", ".join(str(int(kind)) for kind in (TransferKind.PAYMENT, TransferKind.FEE, TransferKind.REFUND))
    query = f"""SELECT d.merchant, d.currency, d.net, coalesce(b.net, 0) FROM
    (SELECT merchant, currency, sum(amount - fees - refunded) AS net FROM merchant_days GROUP BY merchant, currency) d
    LEFT JOIN (SELECT a.owner, a.currency, sum(e.amount) AS net FROM accounts a JOIN entries e ON e.account = a.no
    WHERE a.kind = {MerchantAccountKind.PAYABLE} AND e.kind IN ({kinds}) GROUP BY a.owner, a.currency) b
    ON b.owner = d.merchant AND b.currency = d.currency WHERE d.net <> coalesce(b.net, 0)"""
    for merchant, currency, expected, found in db.all(query):
        yield Discrepancy(f"merchant {merchant}, currency {currency}", "its account", int(expected), int(found))


def _days(db: Database, owner: str, *, fees: str, fee: str) -> Iterator[Discrepancy]:
    """A day's totals are the sums of its payments and refunds. Both ways: what is missing in either shows."""
    query = f"""SELECT {owner}, day, currency, sum(n), sum(amount), sum(fees), sum(refunded) FROM (
    SELECT {owner}, day, currency, -count AS n, -amount AS amount, -{fees} AS fees, -refunded AS refunded
    FROM {owner}_days
    UNION ALL SELECT {owner}, day, currency, 1, amount, {fee}, 0 FROM payments WHERE status = 'succeeded'
    UNION ALL SELECT {owner}, day, currency, 0, 0, 0, amount FROM refunds WHERE status = 'succeeded'
    ) parts GROUP BY {owner}, day, currency
    HAVING sum(n) <> 0 OR sum(amount) <> 0 OR sum(fees) <> 0 OR sum(refunded) <> 0"""
    for number, day, currency, *differences in db.all(query):
        for what, difference in zip(("payments", "amount", "fees", "refunded"), differences, strict=True):
            where = f"{owner} {number}, day {day}, currency {currency}"
            yield from _same(where, f"payments and refunds less the day's total ({what})", 0, int(difference))
