"""What the server asks of the read model: pages, cursors that lead nowhere else, and reading what one has written."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from feiqian.accounts.kinds import AccountKind, AccountTransferKind
from feiqian.ledger import chart
from feiqian.ledger.chart import account_id, derived_id
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.projections.database import open_database
from feiqian.projections.errors import CursorInvalid, ReadsBehind
from feiqian.projections.projector import Projector

T = TypeVar("T")
CUSTOMER, MERCHANT, OTHER = 1, 1, 2
WALLET = account_id(AccountKind.CUSTOMER_WALLET, 156, CUSTOMER)
OTHERS_WALLET = account_id(AccountKind.CUSTOMER_WALLET, 156, 2)


@pytest.fixture
def ask(location: str) -> Callable[[Callable[[PaymentReads], Coroutine[Any, Any, T]]], T]:
    """Runs one coroutine over `PaymentReads`, in an event loop of its own."""

    def run(question: Callable[[PaymentReads], Coroutine[Any, Any, T]]) -> T:
        async def asked() -> T:
            reads = PaymentReads(location)
            try:
                return await question(reads)
            finally:
                reads.close()

        return asyncio.run(asked())

    return run


async def pages(reads: PaymentReads, merchant: int, limit: int, **filters: Any) -> list[list[str]]:
    """All pages of a merchant's payments, as lists of ids."""
    found, cursor = [], None
    while True:
        rows, cursor = await reads.payments(merchant, cursor, limit, **filters)
        found.append([row.id for row in rows])
        if cursor is None:
            return found


# --- pages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 100])
def test_pages_have_every_payment_once_newest_first(books: Any, project: Any, ask: Any, limit: int) -> None:
    mine = []
    for number in range(6):
        books.clock.advance(number % 2)  # some at the very same moment
        mine.append(books.pay(CUSTOMER, MERCHANT, 100).id)
        books.pay(CUSTOMER, OTHER, 100)
    project()
    found = ask(lambda reads: pages(reads, MERCHANT, limit))
    assert [id for page in found for id in page] == mine[::-1]
    assert all(len(page) == limit for page in found[:-1])
    assert found[-1]


def test_pages_stay_put_while_new_payments_come(books: Any, project: Any, ask: Any) -> None:
    mine = [books.pay(CUSTOMER, MERCHANT, 100).id for _ in range(4)]
    project()

    async def question(reads: PaymentReads) -> list[str]:
        first, cursor = await reads.payments(MERCHANT, None, 2)
        books.pay(CUSTOMER, MERCHANT, 100)
        project()
        second, _ = await reads.payments(MERCHANT, cursor, 2)
        return [row.id for row in (*first, *second)]

    assert ask(question) == mine[::-1]


def test_filters_of_status_and_time(books: Any, project: Any, ask: Any) -> None:
    first = books.pay(CUSTOMER, MERCHANT, 100)
    books.clock.advance(10)
    declined = books.pay(CUSTOMER, MERCHANT, 1_000_000)
    books.clock.advance(10)
    last = books.pay(CUSTOMER, MERCHANT, 100)
    project()
    some = lambda **filters: ask(lambda reads: pages(reads, MERCHANT, 1, **filters))  # noqa: E731
    assert some(status="declined") == [[declined.id]]
    assert some(status="succeeded") == [[last.id], [first.id]]
    assert some(status="expired") == [[]]
    assert some(created_from=declined.created_at) == [[last.id], [declined.id]]
    assert some(created_before=declined.created_at) == [[first.id]]
    assert some(created_from=first.created_at, created_before=last.created_at, status="succeeded") == [[first.id]]
    with pytest.raises(ValueError, match="never 'lost'"):
        some(status="lost")


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_a_page_is_bounded(project: Any, ask: Any, limit: int) -> None:
    project()
    with pytest.raises(ValueError, match="a page has 1 to"):
        ask(lambda reads: reads.payments(MERCHANT, None, limit))


def test_a_statement_in_pages(books: Any, project: Any, ask: Any) -> None:
    for _ in range(4):
        books.pay(CUSTOMER, MERCHANT, 100)
    project()

    async def question(reads: PaymentReads) -> list[list[int]]:
        found, cursor = [], None
        while True:
            lines, cursor = await reads.statement(WALLET, cursor, 2)
            found.append([line.entry.balance for line in lines])
            if cursor is None:
                return found

    assert ask(question) == [[99_600, 99_700], [99_800, 99_900], [100_000]]


def test_newest_of_a_customer_and_of_all(books: Any, project: Any, ask: Any) -> None:
    ids = [books.pay(customer, MERCHANT, amount).id for customer, amount in ((1, 100), (2, 100), (1, 1_000_000))]
    project()

    async def question(reads: PaymentReads) -> tuple[list[str], list[str]]:
        of_one, of_all = await reads.newest_of_customer(1, 10), await reads.newest(2)
        return [row.id for row in of_one], [row.id for row in of_all]

    assert ask(question) == ([ids[2], ids[0]], [ids[2], ids[1]])


def test_corrections_of_a_customer_are_listed_and_nobody_elses(books: Any, project: Any, ask: Any) -> None:
    ids, bank = [], account_id(AccountKind.OPENING, 156, 0)
    for number, (customer, amount) in enumerate(((1, 300), (2, 100), (1, -200))):
        books.clock.advance(60)
        owners = account_id(AccountKind.CUSTOMER_WALLET, 156, customer)
        debit, credit = (bank, owners) if amount > 0 else (owners, bank)
        ids.append(derived_id(b"correction", bytes([number])))
        kind = AccountTransferKind.CORRECTION
        books.post(chart.transfer(ids[-1], debit=debit, credit=credit, amount=abs(amount), kind=kind))
        books.write()
        books.pay(customer, MERCHANT, 100)
    project()
    found = ask(lambda reads: reads.corrections_of_customer(1, 10))
    assert [(row.transfer, row.amount, row.currency) for row in found] == [(ids[2], -200, 156), (ids[0], 300, 156)]
    assert found[0].at - found[1].at == 120_000_000
    assert [row.amount for row in ask(lambda reads: reads.corrections_of_customer(1, 1))] == [-200]


def test_what_is_not_there(books: Any, project: Any, ask: Any) -> None:
    project()

    async def question(reads: PaymentReads) -> list[object]:
        return [
            await reads.payment_by_id("pay_x"),
            await reads.payment_by_transfer(1, "order", bytes(16)),
            await reads.refund_by_transfer(bytes(16)),
            await reads.refunds_of("pay_x"),
            await reads.payments(99),
            await reads.statement(bytes(16)),
        ]

    assert ask(question) == [None, None, None, [], ([], None), ([], None)]


# --- abuse ---------------------------------------------------------------------------------------------------------


def test_abuse_34_a_cursor_of_another_merchant_leads_to_an_empty_page(books: Any, project: Any, ask: Any) -> None:
    for merchant in (MERCHANT, OTHER):
        for _ in range(3):
            books.pay(CUSTOMER, merchant, 100)
    project()

    async def question(reads: PaymentReads) -> object:
        _, others = await reads.payments(OTHER, None, 1)
        assert others is not None
        return await reads.payments(MERCHANT, others, 10)

    assert ask(question) == ([], None)


def test_abuse_34_a_cursor_of_another_account_leads_to_an_empty_statement(books: Any, project: Any, ask: Any) -> None:
    for customer in (CUSTOMER, 2):
        books.pay(customer, MERCHANT, 100)
    project()

    async def question(reads: PaymentReads) -> object:
        _, others = await reads.statement(OTHERS_WALLET, None, 1)
        assert others is not None
        return await reads.statement(WALLET, others, 10)

    assert ask(question) == ([], None)


@pytest.mark.parametrize("cursor", ["", "1", "pay_", "' OR 1=1 --", "pay_" + "0" * 32, "é" * 36, "x" * 10_000])
def test_abuse_34_what_was_never_given_out_is_no_cursor(project: Any, ask: Any, cursor: str) -> None:
    project()
    with pytest.raises(CursorInvalid):
        ask(lambda reads: reads.payments(MERCHANT, cursor))
    with pytest.raises(CursorInvalid):
        ask(lambda reads: reads.statement(WALLET, cursor))


# --- waiting -------------------------------------------------------------------------------------------------------


def test_waiting_for_what_is_there_returns_at_once(books: Any, project: Any, ask: Any) -> None:
    project()
    ask(lambda reads: reads.wait(books.position))
    ask(lambda reads: reads.wait(0))


def test_waiters_are_woken_when_their_position_is_reached(books: Any, location: Any, ask: Any) -> None:
    books.pay(CUSTOMER, MERCHANT, 100)
    db = open_database(location)
    projector = Projector(books.journal, db, PAYMENTS)

    async def question(reads: PaymentReads) -> list[str]:
        woken: list[str] = []

        async def waiter(name: str, position: int) -> None:
            await reads.wait(position, 60)
            woken.append(name)

        second = asyncio.create_task(waiter("second", 2))
        first = asyncio.create_task(waiter("first", 1))
        await asyncio.sleep(0)
        projector.step(1)
        await first
        assert woken == ["first"]
        projector.step(1)
        await second
        assert reads.position == 2
        return woken

    assert ask(question) == ["first", "second"]
    db.close()


def test_waiting_too_long_says_how_far_the_read_model_is(books: Any, project: Any, ask: Any) -> None:
    project()
    with pytest.raises(ReadsBehind, match="at journal position 1, and has not reached 99"):
        ask(lambda reads: reads.wait(99, 0))


def test_one_who_gives_up_does_not_wake_another(books: Any, project: Any, ask: Any) -> None:
    project()

    async def question(reads: PaymentReads) -> None:
        patient = asyncio.create_task(reads.wait(2, 60))
        with pytest.raises(ReadsBehind):
            await reads.wait(2, 0)
        books.pay(CUSTOMER, MERCHANT, 100)
        project()
        await patient

    ask(question)


def test_where_there_is_no_read_model_yet_it_is_waited_for(books: Any, project: Any, ask: Any) -> None:
    async def question(reads: PaymentReads) -> int:
        assert reads.position == 0
        with pytest.raises(ReadsBehind):
            await reads.payment_by_id("pay_x")
        with pytest.raises(ReadsBehind):
            await reads.newest()
        waiter = asyncio.create_task(reads.wait(1, 60))
        await asyncio.sleep(0)
        project()
        await waiter
        assert await reads.newest() == []
        return reads.position

    assert ask(question) == 1


def test_abuse_79_a_locked_read_model_is_waited_for_in_a_thread(tmp_path: Path) -> None:
    path = tmp_path / "read.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as maker:
        maker.execute("PRAGMA journal_mode = WAL")
        maker.execute("CREATE TABLE progress (name TEXT, position INTEGER)")
        maker.execute("INSERT INTO progress VALUES ('payments', 7)")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")

    async def question() -> None:
        reads = PaymentReads(path)
        asked = asyncio.create_task(reads.wait(7))
        while not reads.pool.under_way:  # the loop runs on, and a thread waits
            await asyncio.sleep(0)
        assert not asked.done()
        holder.execute("COMMIT")
        holder.close()
        await asked
        assert reads.position == 7
        assert reads.close()

    asyncio.run(question())
