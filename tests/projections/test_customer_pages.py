"""A customer's payments page by page: each once, whatever arrives meanwhile, at the cost of a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from feiqian.ids import CustomerNumber
from feiqian.payments.read_model import customer_pages
from feiqian.payments.read_model.customer_pages import payments_of_customer
from feiqian.payments.read_model.queries import LOOKED_AT
from feiqian.payments.read_model.rows import PaymentRow
from feiqian.projections import database
from feiqian.projections.database import Database, SqliteDatabase, open_database
from feiqian.runtime.paging import FIRST, Ask, Page

CUSTOMER, MERCHANT = CustomerNumber(1), 1


@pytest.fixture
def read(project: Callable[..., str]) -> Iterator[Callable[[], Database]]:
    """Projects what is in the books, and returns a connection to it."""
    opened: list[Database] = []

    def open_it() -> Database:
        opened.append(open_database(project(), read_only=True))
        return opened[-1]

    yield open_it
    for db in opened:
        db.close()


def older(db: Database, ask: Ask = FIRST, limit: int = 3) -> Iterator[Page[PaymentRow]]:
    """This page and those after it."""
    while True:
        page = payments_of_customer(db, CUSTOMER, ask, limit)
        yield page
        if not page.older:
            return
        ask = Ask(before=page.older)


def newer(db: Database, page: Page[PaymentRow], limit: int = 3) -> Iterator[Page[PaymentRow]]:
    """The pages before this one, the nearest first."""
    while page.newer:
        page = payments_of_customer(db, CUSTOMER, Ask(after=page.newer), limit)
        yield page


def ids(*pages: Page[PaymentRow]) -> list[str]:
    return [row.id for page in pages for row in page.items]


def when(row: PaymentRow) -> int:
    return row.closed_at if row.status == "succeeded" and row.closed_at else row.created_at


@pytest.mark.parametrize("limit", [1, 3, 10, 1000])
def test_pages_have_every_payment_once_newest_first_and_lead_back(books: Any, read: Any, limit: int) -> None:
    books.history(150, seed=5)
    db, own = read(), {id for id, fact in books.payments.items() if fact.customer == CUSTOMER}
    pages = list(older(db, limit=limit))
    assert sorted(ids(*pages)) == sorted(own)
    assert {row.status for page in pages for row in page.items} >= {"succeeded", "expired"}
    times = [when(row) for page in pages for row in page.items]
    assert times == sorted(times, reverse=True)
    assert [len(page.items) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    back = [pages[-1], *newer(db, pages[-1], limit)]
    assert [ids(page) for page in back[::-1]] == [ids(page) for page in pages]
    assert back[-1].newer == ""


def test_what_arrives_meanwhile_moves_nothing(books: Any, read: Any) -> None:
    waits = [books.wait(CUSTOMER, MERCHANT, 500) for _ in range(2)]
    books.clock.advance(1)
    paid = [books.pay(CUSTOMER, MERCHANT, 100) for _ in range(5)]
    first, second, third = older(read())
    assert ids(first, second, third) == [payment.id for payment in [*waits, *paid]][::-1]
    books.clock.advance(1)
    books.verify(waits[1])
    latest = books.pay(CUSTOMER, MERCHANT, 100)
    db = read()
    assert ids(*older(db, Ask(before=first.older))) == [*ids(second)[:2], waits[0].id]  # the other was paid meanwhile
    assert ids(*newer(db, second)) == [*ids(first), latest.id, waits[1].id]
    assert ids(next(older(db))) == [latest.id, waits[1].id, paid[4].id]


def test_payments_of_one_row_are_cut_between_pages(books: Any, read: Any) -> None:
    waits = books.wait(CUSTOMER, MERCHANT, 500)
    kinds = [lambda: books.pay(CUSTOMER, MERCHANT, 100), lambda: books.pay(CUSTOMER, MERCHANT, 9_999_999)]
    books.together(*kinds * 3, lambda: books.verify(waits), *kinds)
    for limit in (1, 2, 3):
        pages = list(older(read(), limit=limit))
        assert sorted(ids(*pages)) == sorted(books.payments)
        back = [pages[-1], *newer(read(), pages[-1], limit)]
        assert ids(*back[::-1]) == ids(*pages)


def test_lines_that_are_no_payments_cost_a_page_no_more_than_so_many(books: Any, read: Any) -> None:
    first = books.pay(CUSTOMER, MERCHANT, 50_000)
    books.together(*[lambda: books.refund(first, 1)] * (2 * LOOKED_AT + 7))
    last = books.pay(CUSTOMER, MERCHANT, 100)
    db = read()
    pages = list(older(db))
    assert [ids(page) for page in pages] == [[last.id], [], [first.id]]
    assert [ids(page) for page in newer(db, pages[-1])] == [[], [], [last.id]]


@pytest.mark.parametrize("cursor", ["x", "1", "1-2-3", "-1-2", "1-" + "9" * 19, "٣-٤", "1-2 ", "0-0", "-", "pay_1"])
def test_what_is_no_cursor_leads_to_the_first_page(books: Any, read: Any, cursor: str) -> None:
    paid = [books.pay(CUSTOMER, MERCHANT, 100).id for _ in range(4)]
    db = read()
    for ask in (Ask(before=cursor), Ask(after=cursor)):
        page = payments_of_customer(db, CUSTOMER, ask, 3)
        assert set(ids(page)) <= set(paid)
        assert len(page.items) == 3
    assert payments_of_customer(db, CustomerNumber(99), FIRST, 3) == Page([])


def test_a_page_is_found_by_indexes_alone(books: Any, read: Any) -> None:
    books.history(60)
    db = read()
    values = {"owner": 1, "place": 9, "edge": 2, "limit": 3}
    indexes = {customer_pages.PAID: "entries_account", customer_pages.NOT_PAID: "payments_unpaid"}
    for kind, index in indexes.items():
        for query in kind[:3]:
            plan = explained(db, query, values)
            assert index in plan
            assert "SCAN" not in plan.upper().replace("INDEX SCAN", "").replace("INDEX ONLY SCAN", "")
            assert "TEMP B-TREE" not in plan
            assert "Sort" not in plan


def explained(db: Database, query: Any, values: dict[str, int]) -> str:
    """How the database would go about it; PostgreSQL as if there were many rows."""
    made = database._made(query, db._dialect)
    text, given = made.with_values({name: values[name] for name in made.names if name in values})
    if isinstance(db, SqliteDatabase):
        return " ".join(step[3] for step in db._execute(f"EXPLAIN QUERY PLAN {text}", given))
    for other in ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin"):
        db._execute(f"SET enable_{other} = off")
    return "\n".join(line for (line,) in db._execute(f"EXPLAIN {text}", given))
