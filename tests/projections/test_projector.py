"""What the journal's rows become in the read model, in both databases."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.dialects import sqlite

from feiqian.accounts.kinds import AccountKind
from feiqian.errors import JournalBehind
from feiqian.events import LimitMet, PaymentCancelled, PaymentDecided, PaymentRefused, decode_fact, encode_fact
from feiqian.ledger import chart
from feiqian.ledger.body import encode_body
from feiqian.ledger.journal_sqlite import SqliteJournal
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.payments.kinds import TransferKind
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.payments.read_model import projection, queries
from feiqian.payments.read_model.lines import statement
from feiqian.payments.read_model.step import ProjectionStep
from feiqian.projections import schema
from feiqian.projections.database import Database, SqliteDatabase, Values, open_database
from feiqian.projections.errors import ReadModelMismatch
from feiqian.projections.projector import Projector, rebuild
from feiqian.projections.reconcile import reconcile, reconcile_at

CUSTOMER, MERCHANT = 1, 2
WALLET = chart.account_id(AccountKind.CUSTOMER_WALLET, 156, CUSTOMER)
PAYABLE = chart.account_id(MerchantAccountKind.PAYABLE, 156, MERCHANT)

Tables = Callable[..., dict[str, list[tuple[object, ...]]]]


@pytest.fixture
def read(project: Callable[..., str]) -> Iterator[Callable[[], Database]]:
    """Projects what is in the journal, and opens the read model."""
    opened: list[Database] = []

    def ready() -> Database:
        opened.append(open_database(project(), read_only=True))
        return opened[-1]

    yield ready
    for db in opened:
        db.close()


def lines(db: Database, account: bytes) -> list[tuple[int, int, int]]:
    """An account's statement, oldest first: number, amount, running balance."""
    entries = [line.entry for line in statement(db, account, None, 1000)[0]]
    return [(entry.sequence, entry.amount, entry.balance) for entry in reversed(entries)]


def merchant_days(db: Database) -> list[Values]:
    """The merchant's totals: day, count, amount, fees, refunded."""
    query = "SELECT day, count, amount, fees, refunded FROM merchant_days WHERE merchant = :merchant"
    return db.all(query, merchant=MERCHANT)


def test_a_payment_becomes_a_row_four_lines_and_totals(books, read) -> None:
    fact = books.pay(CUSTOMER, MERCHANT, 1_000, "order-a")
    db = read()
    row = queries.payment_by_id(db, fact.id)
    assert row is not None
    assert row.fact == fact
    assert (row.status, row.refunded, row.fee, row.position) == ("succeeded", 0, 10, 2)
    assert queries.payment_by_transfer(db, MERCHANT, "order-a", fact.transfer) == row
    assert lines(db, WALLET) == [(1, 100_000, 100_000), (2, -1_000, 99_000)]
    assert lines(db, PAYABLE) == [(1, 1_000, 1_000), (2, -10, 990)]
    assert merchant_days(db) == [(row.day, 1, 1_000, 10, 0)]
    assert db.all("SELECT customer, day, count, amount, refunded FROM customer_days") == [
        (CUSTOMER, row.day, 1, 1_000, 0)
    ]


def test_lines_of_fee_and_refund_belong_to_the_payment(books, read) -> None:
    fact = books.pay(CUSTOMER, MERCHANT, 1_000)
    books.refund(fact, 300)
    entries = [line.entry for line in statement(read(), PAYABLE, None, 10)[0]]
    kinds = [entry.kind for entry in entries]
    assert kinds == [TransferKind.REFUND, TransferKind.FEE, TransferKind.PAYMENT]
    assert {entry.payment for entry in entries} == {fact.id}
    assert {entry.at for entry in entries} == {fact.created_at}


def test_the_first_fact_is_kept_byte_for_byte(books, read) -> None:
    fact = books.pay(CUSTOMER, MERCHANT, 1_000)
    books.refund(fact, 990)
    row = queries.payment_by_id(read(), fact.id)
    assert row is not None
    assert (row.fact, row.refunded) == (fact, 990)


def test_a_declined_payment_is_listed_and_moves_nothing(books, read) -> None:
    fact = books.pay(CUSTOMER, MERCHANT, 100_001)
    db = read()
    [row], _ = queries.payments(db, MERCHANT, None, 10)
    assert (row.id, row.status, row.reason) == (fact.id, "declined", "insufficient_funds")
    assert lines(db, PAYABLE) == []
    assert merchant_days(db) == []


def test_refunds_are_summed_and_those_declined_are_not(books, read) -> None:
    fact = books.pay(CUSTOMER, MERCHANT, 1_000)
    first, second = books.refund(fact, 300), books.refund(fact, 200)
    declined = books.refund(fact, 900)
    db = read()
    row = queries.payment_by_id(db, fact.id)
    assert row is not None
    assert (row.status, row.refunded) == ("succeeded", 500)
    assert queries.refunds_of(db, fact.id) == sorted([first, second, declined], key=lambda it: it.id)
    assert queries.refund_by_transfer(db, second.transfer) == second
    assert merchant_days(db) == [(row.day, 1, 1_000, 10, 500)]


# --- payments that wait --------------------------------------------------------------------------------------------


def state(db: Database, payment: PaymentDecided) -> tuple[str, int]:
    row = queries.payment_by_id(db, payment.id)
    assert row is not None
    return row.status, row.closed_at


def test_a_waiting_payment_is_listed(books, read) -> None:
    waiting = books.wait(CUSTOMER, MERCHANT, 5_000)
    db = read()
    assert state(db, waiting) == ("needs_verification", 0)
    assert lines(db, PAYABLE) == []


def test_a_waiting_payment_expires_by_the_engines_record(books, read) -> None:
    waiting = books.wait(CUSTOMER, MERCHANT, 5_000)
    books.expire()
    assert state(read(), waiting) == ("expired", books.clock.now() // 1_000_000 * 1_000_000)


def test_a_waiting_payment_is_cancelled_at_the_moment_of_its_fact(books, read) -> None:
    waiting = books.wait(CUSTOMER, MERCHANT, 5_000)
    books.clock.advance(1.5)
    books.cancel(waiting)
    books.expire()
    assert state(read(), waiting) == ("cancelled", waiting.created_at + 1_500_000)


def test_a_payment_waits_and_ends_within_one_row(books, read) -> None:
    ended: list[PaymentDecided] = []
    books.together(lambda: ended.append(books.wait(CUSTOMER, MERCHANT, 5_000)), lambda: books.cancel(ended[0]))
    assert state(read(), ended[0])[0] == "cancelled"


def test_a_verified_payment_succeeds_and_counts_on_that_day(books, project, read) -> None:
    waiting = books.wait(CUSTOMER, MERCHANT, 5_000)
    project()  # the hold is in the read model by now, not in memory
    books.clock.advance(200)
    books.verify(waiting)
    db = read()
    row = queries.payment_by_id(db, waiting.id)
    assert row is not None
    assert (row.status, row.fee, row.closed_at) == ("succeeded", 50, books.clock.now())
    assert lines(db, PAYABLE) == [(1, 5_000, 5_000), (2, -50, 4_950)]
    assert merchant_days(db) == [(row.day, 1, 5_000, 50, 0)]
    assert queries.waiting_of_customer(db, CUSTOMER, 20) == queries.waiting(db) == []
    assert reconcile(books.engine, project(), [PAYMENTS]) == []


def test_a_payment_that_is_declined_when_it_is_confirmed_keeps_the_reason(books, project, read) -> None:
    waiting, other = books.wait(CUSTOMER, MERCHANT, 5_000), books.wait(CUSTOMER, MERCHANT, 6_000)
    project()
    books.clock.advance(1.5)
    books.decline(waiting, "insufficient_funds")
    db = read()
    row = queries.payment_by_id(db, waiting.id)
    assert row is not None
    assert (row.status, row.reason, row.closed_at) == ("declined", "insufficient_funds", books.clock.now())
    assert [row.id for row in queries.waiting_of_customer(db, CUSTOMER, 20)] == [other.id]
    assert queries.waiting(db) == [other]
    assert reconcile(books.engine, project(), [PAYMENTS]) == []


def test_the_limit_that_declined_a_confirmation_is_kept_and_of_older_facts_none(books, project, read) -> None:
    kept, older = books.wait(CUSTOMER, MERCHANT, 5_000), books.wait(CUSTOMER, MERCHANT, 6_000)
    met = LimitMet("all", "day", "own", 4_000, 300, 1_800_000_000)
    books.decline(kept, "daily_limit", met)
    fact = PaymentRefused(older.id, MERCHANT, CUSTOMER, 6_000, 156, "daily_limit", books.clock.now())
    blob = msgspec.msgpack.encode(msgspec.msgpack.decode(encode_fact(fact))[:-1])
    assert decode_fact(blob) == fact, "a journal of an older version has no field for it"
    books.decline(older, "daily_limit")
    for again in (False, True):
        if again:
            rebuild(books.journal, project(), [PAYMENTS])
        db = read()
        assert [queries.payment_by_id(db, one.id).limit for one in (kept, older)] == [met, None]
        assert queries.payment_by_id(db, older.id).reason == "daily_limit"
        assert reconcile(books.engine, project(), [PAYMENTS]) == []


def test_a_payment_waits_is_confirmed_and_refunded_within_one_row(books, project, read) -> None:
    facts: list[PaymentDecided] = []
    books.together(
        lambda: facts.append(books.wait(CUSTOMER, MERCHANT, 5_000)),
        lambda: books.verify(facts[0]),
        lambda: books.refund(facts[0], 1_000),
    )
    row = queries.payment_by_id(read(), facts[0].id)
    assert row is not None
    assert (row.status, row.fee, row.refunded) == ("succeeded", 50, 1_000)
    assert reconcile(books.engine, project(), [PAYMENTS]) == []


def test_that_people_are_told_of_an_expiry_changes_nothing(books, project, read) -> None:
    waiting = books.wait(CUSTOMER, MERCHANT, 5_000)
    books.expire(waiting)
    assert state(read(), waiting)[0] == "expired"
    assert reconcile(books.engine, project(), [PAYMENTS]) == []


def test_a_cancellation_that_an_older_version_noted_is_read() -> None:
    fact = decode_fact(msgspec.msgpack.encode(["cancel", "pay_1", 7]))
    assert fact == PaymentCancelled("pay_1", 7, merchant=0, customer=0)


def test_what_waits_is_found_without_looking_at_all_payments(books, read) -> None:
    db = read()
    if isinstance(db, SqliteDatabase):
        for query, index in (
            (queries.WAIT, "payments_waiting"),
            (queries.WAIT_FOR_CUSTOMER, "payments_waiting"),
            (queries.NOT_PAID, "payments_unpaid"),
            (queries._page(True, "declined", True, True), "payments_exceptions"),
        ):
            text = str(query.compile(dialect=sqlite.dialect()))
            steps = db._execute(f"EXPLAIN QUERY PLAN {text}", (1,) * text.count("?")).fetchall()
            assert index in str(steps)


def test_a_payment_is_found_by_its_transfer_without_an_index_of_transfers_alone(read) -> None:
    db = read()
    if isinstance(db, SqliteDatabase):
        text = str(queries._BY_TRANSFER.compile(dialect=sqlite.dialect()))
        for query, values, index in (
            (text, (1, 1, 1), "payments_order (merchant=? AND merchant_order=? AND transfer=?)"),
            (projection._NAMED, {"id": b""}, "payments_held (transfer=?)"),
        ):
            assert index in str(db._execute(f"EXPLAIN QUERY PLAN {query}", values).fetchall())


def test_a_step_goes_when_the_next_begins_and_does_not_wait_for_the_collector(books, project, monkeypatch) -> None:
    """It holds thousands of rows, and the collector looks seldom."""
    ended: list[weakref.ref[ProjectionStep]] = []
    end = ProjectionStep._add_records

    def noted(step: ProjectionStep, records: bytes) -> None:
        ended.append(weakref.ref(step))
        end(step, records)

    monkeypatch.setattr(ProjectionStep, "_add_records", noted)
    books.history(20)
    gc.disable()
    try:
        project(1)  # row in a step
        *before, _ = ended
        assert before
        assert not any(step() for step in before)
    finally:
        gc.enable()


# --- days ----------------------------------------------------------------------------------------------------------


def test_payments_of_one_row_count_on_either_side_of_midnight(books, read) -> None:
    facts: list[PaymentDecided] = []
    pay = lambda: facts.append(books.pay(CUSTOMER, MERCHANT, 1_000))  # noqa: E731
    books.together(pay, lambda: books.clock.advance(86_400), pay)
    rows = [queries.payment_by_id(read(), fact.id) for fact in facts]
    days = [row.day for row in rows if row is not None]
    assert days == [books.clock.day(fact.created_at // 1_000_000) for fact in facts]
    assert days[0] != days[1]


# --- steps, restarts, rebuilding -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rows_per_step", [1, 7, 1000])
def test_steps_of_any_size_and_any_restart_give_the_same_tables(books, tables, tmp_path, rows_per_step) -> None:
    books.history(300)
    whole, restarted = str(tmp_path / "whole.db"), str(tmp_path / "restarted.db")
    rebuild(books.journal, whole, [PAYMENTS])
    position = 0
    while position < books.position:
        db = open_database(restarted)
        position = Projector(books.journal, db, PAYMENTS).step(rows_per_step)
        db.close()
    assert tables(restarted) == tables(whole)


def test_a_rebuild_gives_identical_tables(books, project, tables) -> None:
    books.history(300)
    books.wait(CUSTOMER, MERCHANT, 5_000)
    before = tables(project(5))
    assert before["refunds"]
    of_orders = {"authorised", "captured", "voided", "lapsed"}
    assert {row[6] for row in before["payments"]} == queries.STATUSES - of_orders
    assert rebuild(books.journal, project(), [PAYMENTS]) == books.position
    assert tables(project()) == before


def test_both_databases_get_the_same_tables(books, tables, tmp_path, postgres) -> None:
    books.history(300)
    locations = str(tmp_path / "read.db"), postgres.database()
    for location in locations:
        rebuild(books.journal, location, [PAYMENTS])
    assert tables(locations[0]) == tables(locations[1])


def test_a_history_ties_to_the_engine(books, project) -> None:
    books.history(400, seed=7)
    assert reconcile(books.engine, project(11), [PAYMENTS]) == []
    assert reconcile_at(project(), [PAYMENTS])(books.engine, books.position) == []


def test_a_step_without_rows_changes_nothing(books, project, tables) -> None:
    before = tables(project())
    db = open_database(project())
    assert Projector(books.journal, db, PAYMENTS).step() == books.position
    db.close()
    assert tables(project()) == before


def test_accounts_are_forgotten_and_found_again(books, project, monkeypatch) -> None:
    monkeypatch.setattr("feiqian.payments.read_model.projection.CACHED_ACCOUNTS", 2)
    books.history(200)
    assert reconcile(books.engine, project(3), [PAYMENTS]) == []


# --- refusals ------------------------------------------------------------------------------------------------------


def test_a_second_projector_is_refused_and_changes_nothing(books, location, tables) -> None:
    one, other = open_database(location), open_database(location)
    first, second = Projector(books.journal, one, PAYMENTS), Projector(books.journal, other, PAYMENTS)
    first.step()
    before = tables(one)
    with pytest.raises(ReadModelMismatch, match="another projector"):
        second.step()
    assert tables(one) == before
    one.close()
    other.close()


def test_a_journal_behind_the_read_model_is_refused(books, project, tmp_path) -> None:
    old = tmp_path / "old.db"
    books.journal._connection.execute("VACUUM INTO ?", (str(old),))
    books.pay(CUSTOMER, MERCHANT, 1_000)
    location = project()
    behind = SqliteJournal(old)
    with pytest.raises(JournalBehind, match="up to position 2, which the journal does not have"):
        schema.check_read_models(behind, location, [PAYMENTS])
    db = open_database(location)
    with pytest.raises(JournalBehind):
        Projector(behind, db, PAYMENTS)
    behind.open_writer()
    behind.append(2, encode_body(b"", [], 0), 0)
    with pytest.raises(JournalBehind, match="at position 2 the journal has hash"):
        schema.check_read_models(behind, location, [PAYMENTS])
    behind.close()
    db.close()


def test_a_read_model_of_another_journal_is_refused(books, project, tmp_path) -> None:
    (tmp_path / "other").mkdir()
    other = SqliteJournal(tmp_path / "other" / "journal.db", create=True)
    with pytest.raises(ReadModelMismatch, match=f"from journal {books.journal.identity}"):
        schema.check_read_models(other, project(), [PAYMENTS])
    other.close()


def test_a_read_model_of_another_version_is_refused(books, project, location) -> None:
    db = open_database(project())
    db.change("UPDATE progress SET version = 99")
    with pytest.raises(ReadModelMismatch, match="version 99"):
        Projector(books.journal, db, PAYMENTS)
    db.close()
    assert rebuild(books.journal, location, [PAYMENTS]) == books.position


def test_no_read_model_is_no_fault(books, location, tmp_path: Path) -> None:
    assert schema.check_read_models(books.journal, location, [PAYMENTS]) == 0
    assert schema.check_read_models(books.journal, tmp_path / "nowhere" / "read.db", [PAYMENTS]) == 0


def test_a_good_read_model_passes(books, project) -> None:
    assert schema.check_read_models(books.journal, project(), [PAYMENTS]) == books.position
