"""What each use case of staff asks of the database, counted: one transaction, unless there is a reason for more."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from staffed import Staffed
from transactions import counted

from feiqian.runtime.paging import Page

T = TypeVar("T")
WHY = "as agreed with her on the phone"


@pytest.fixture
def took(bank: Staffed) -> Any:
    """Runs a use case; returns its outcome, and how many transactions it took, of which how many were committed."""

    def run(use_case: Coroutine[Any, Any, T]) -> tuple[T, tuple[int, int]]:
        with counted(bank.db.engine) as asked:
            outcome = bank.run(use_case)
        return outcome, (asked.transactions, asked.commits)

    return run


def test_cases(bank: Staffed, took: Any) -> None:
    mei, alice, queue = bank.checked().session.subject, bank.member("alice", "supporter"), bank.case_queue
    found = bank.do(bank.customers.by_number, mei.number)
    case, begun = took(queue.begin(alice, found.id, "other", "Says that her card is lost."))
    taken = [
        took(one)[1] for one in (queue.waiting(alice), queue.open(alice, case.id), queue.note(alice, case.id, WHY))
    ]
    assert [begun, *taken, took(queue.close(alice, case.id, WHY))[1]] == [(1, 1)] * 5


def test_reviews(bank: Staffed, took: Any) -> None:
    review, alice, reviews = bank.waiting_review(), bank.member("alice", "reviewer"), bank.reviews
    assert took(reviews.waiting(alice))[1] == (1, 1)
    assert took(reviews.open(alice, review.id))[1] == (1, 1)
    assert took(reviews.picture(alice, review.id, 0))[1] == (2, 1)  # large, so it is opened while others write
    assert took(reviews.confirm(alice, review.id, WHY, "en"))[1] == (1, 1)


def test_changes(bank: Staffed, took: Any) -> None:
    mei, alice, bob = bank.checked().session.subject, bank.member("alice", "supporter"), bank.member("bob", "approver")
    changes, values = bank.changes, {"level": "full", "before": "remote"}
    change, proposed = took(changes.propose("set_level", mei, values, alice, WHY))
    assert proposed == (2, 1)  # whether a review waits is asked first
    assert took(changes.waiting())[1] == took(changes.of(mei))[1] == (1, 0)
    assert took(changes.confirm(change.id, bob, "en"))[1] == (1, 1)
    assert took(changes.refuse(change.id, alice, ""))[1] == (1, 1)


def test_looks_at_customers(bank: Staffed, took: Any) -> None:
    mei, alice, view = bank.checked().session.subject, bank.member("alice", "supporter"), bank.support_view
    found = bank.do(bank.customers.by_number, mei.number)
    assert took(view.search(alice, found.id)) == (Page([found]), (2, 1))  # names are looked for while others write
    assert took(view.open(alice, found.id))[1] == (2, 1)
    assert took(bank.back_office.audit_log_reader.read(bank.member("dan", "auditor")))[1] == (1, 1)
