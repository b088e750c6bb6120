"""Reconciling bites: each table is changed by one cent or one line, and the change is named."""

from __future__ import annotations

import pytest

from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.projections.database import open_database
from feiqian.projections.reconcile import reconcile, reconcile_at

ONE = "(SELECT no FROM payments WHERE status = 'succeeded' AND refunded = 0 ORDER BY no LIMIT 1)"
TAMPERING = [
    ("UPDATE entries SET amount = amount + 1 WHERE account = 3 AND sequence = 2", "the sum of debits"),
    ("UPDATE entries SET balance = balance + 1 WHERE account = 3 AND sequence = 2", "running balance of line 2"),
    ("DELETE FROM entries WHERE account = 3 AND sequence = 2", "the number of its last line"),
    ("DELETE FROM accounts WHERE no = 3", "how many there are"),
    (f"UPDATE payments SET amount = amount + 1 WHERE no = {ONE}", "what it moved"),
    (f"UPDATE payments SET fee = fee + 1 WHERE no = {ONE}", "the fee it moved"),
    (f"DELETE FROM payments WHERE no = {ONE}", "payments and refunds less the day's total"),
    (f"UPDATE payments SET status = 'cancelled' WHERE no = {ONE}", "what it moved"),
    (f"UPDATE payments SET refunded = 1 WHERE no = {ONE}", "what was refunded"),
    ("UPDATE refunds SET amount = amount + 1 WHERE status = 'succeeded'", "what was refunded"),
    ("UPDATE merchant_days SET amount = amount + 1", "its account"),
    ("UPDATE merchant_days SET count = count - 1", "less the day's total (payments)"),
    ("UPDATE customer_days SET refunded = refunded + 1", "less the day's total (refunded)"),
    ("DELETE FROM customer_days", "less the day's total (amount)"),
]


@pytest.fixture
def location(request: pytest.FixtureRequest, tmp_path) -> str:
    return str(tmp_path / "read.db")


@pytest.mark.parametrize(("statement", "what"), TAMPERING, ids=[statement[:60] for statement, _ in TAMPERING])
def test_any_change_of_a_sum_is_found(books, project, statement: str, what: str) -> None:
    for merchant in (1, 2, 3):
        payment = books.pay(1, merchant, 1_000)
        books.pay(2, merchant, 500)
        books.refund(payment, 100)
    location = project()
    assert reconcile(books.engine, location, [PAYMENTS]) == []
    db = open_database(location)
    assert db.change(statement) > 0
    db.close()
    told = [str(found) for found in reconcile(books.engine, location, [PAYMENTS])]
    assert any(what in found for found in told), told


def test_a_read_model_that_is_not_as_far_is_said_to_be_so(books, project) -> None:
    location = project()
    books.pay(1, 1, 100)
    assert reconcile_at(location, [PAYMENTS])(books.engine, books.position) == [
        "the read model of payments is at position 1, the audit at position 2: let the projector catch up first"
    ]
