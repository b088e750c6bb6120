"""What cannot be projected is set aside, part by part; whom it concerns is marked; everything else goes on."""

from __future__ import annotations

import pytest
from sqlalchemy import MetaData, Table

from feiqian.accounts.kinds import AccountKind, AccountTransferKind
from feiqian.events import PaymentConfirmed, PaymentDecided, encode_fact
from feiqian.ledger import chart
from feiqian.ledger.chart import account_id, derived_id
from feiqian.ledger.engine import EVENT, UNLIMITED, Type, chain
from feiqian.ledger.stamp import write_stamp
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.payments.kinds import TransferKind
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.payments.read_model import queries
from feiqian.payments.read_model.lines import statement
from feiqian.payments.read_model.step import ProjectionStep
from feiqian.projections import aside, schema
from feiqian.projections.columns import numbers, octets, words
from feiqian.projections.database import Database, open_database
from feiqian.projections.errors import ReadModelMismatch
from feiqian.projections.projector import Projector, rebuild
from feiqian.projections.reconcile import reconcile, reconcile_at, set_aside_in
from feiqian.projections.schema import read_position, read_progress

CNY = 156
LI, WANG, ZHAO, SHOP, OTHER_SHOP = 1, 2, 3, 1, 2
DEEP = 100_000  # lists in lists: what Python 3.13 reads is nested up to some ten thousand
HUGE = 2**63 - 1
WALLET, PAYABLE = AccountKind.CUSTOMER_WALLET, MerchantAccountKind.PAYABLE
CONFIRMED = PaymentConfirmed("pay_1", SHOP, LI, 1, CNY, 0, "", (), "", 0)
CORRECTIONS = account_id(AccountKind.CORRECTIONS, CNY, 0)


def wallet(customer: int) -> bytes:
    return account_id(WALLET, CNY, customer)


def moved(id: bytes, debit: bytes, credit: bytes, amount: int, kind: int = AccountTransferKind.CORRECTION) -> bytes:
    """A transfer as a version without bounds built it."""
    return EVENT.pack(Type.TRANSFER, 0, kind, 0, amount, id, debit, credit, bytes(16))


def correct(books, customer: int, amount: int, name: bytes = b"huge") -> None:
    account = chart.account(CORRECTIONS, AccountKind.CORRECTIONS, CNY, overdraft=UNLIMITED)
    assert books.post(chain(account, moved(derived_id(name), CORRECTIONS, wallet(customer), amount))) == 0
    books.write()


def incomplete(db: Database, kind: int = WALLET) -> set[int]:
    return {owner for owner in (LI, WANG, ZHAO, SHOP, OTHER_SHOP) if queries.is_incomplete(db, kind, owner)}


def known(db: Database, fact: PaymentDecided) -> bool:
    return queries.payment_by_id(db, fact.id) is not None


# --- corrections and sums --------------------------------------------------------------------------------------------


def test_abuse_85_a_correction_that_no_column_holds_is_set_aside_and_the_rest_goes_on(books, project) -> None:
    before = books.pay(LI, SHOP, 1_000)
    correct(books, LI, HUGE)
    after = books.pay(WANG, SHOP, 500)
    own = books.pay(LI, SHOP, 300)
    with_refund = books.refund(before, 200)
    location = project()
    db = open_database(location, read_only=True)
    assert read_position(db, PAYMENTS.name) == books.position
    assert all(known(db, fact) for fact in (before, after, own))
    assert queries.refunds_of(db, before.id) == [with_refund]
    [found] = aside.read(db)
    assert (found.position, found.what) == (3, "records")
    assert "OverflowError" in found.why or "out of range" in found.why
    assert incomplete(db) == {LI}
    assert incomplete(db, PAYABLE) == set()
    found, _ = statement(db, wallet(WANG), None, 10)
    assert [line.entry.balance for line in found] == [99_500, 100_000]
    db.close()


def test_abuse_85_audit_reports_what_is_set_aside_with_its_position(books, project) -> None:
    correct(books, LI, HUGE)
    findings = reconcile_at(project(), [PAYMENTS])(books.engine, books.position)
    assert findings[0].startswith("read model: set aside at position 2, part ")


def test_a_sum_of_a_day_that_no_column_holds_is_set_aside(books, project) -> None:
    """SQLite would make it a float; the payments are small enough each, and the wallets, too."""
    facts = [books.pay(LI, SHOP, 100), books.pay(WANG, SHOP, 100)]
    db = open_database(project())
    db.change("UPDATE merchant_days SET amount = :amount WHERE merchant = :shop", amount=HUGE - 150, shop=SHOP)
    facts += [books.pay(WANG, SHOP, 100), books.pay(ZHAO, SHOP, 100), books.pay(ZHAO, OTHER_SHOP, 100)]
    project()
    assert [known(db, fact) for fact in facts] == [True, True, True, False, True]
    [(amount,)] = db.all("SELECT amount FROM merchant_days WHERE merchant = :shop", shop=SHOP)
    assert amount == HUGE - 50
    assert (incomplete(db), incomplete(db, PAYABLE)) == ({ZHAO}, {SHOP})
    db.close()


@pytest.mark.parametrize("rows_per_step", [1, 3, 1000])
def test_steps_of_any_size_set_aside_the_same(books, project, tables, location, rows_per_step) -> None:
    books.history(60)
    correct(books, LI, HUGE)
    books.together(lambda: books.pay(LI, SHOP, 30), lambda: books._facts.append(b"\x91\xa3new"))
    books.history(60, seed=2)
    correct(books, WANG, HUGE, b"again")
    first = tables(project(rows_per_step))
    assert {row[1] for row in first["set_aside"]} > {books.position}
    rebuild(books.journal, location, [PAYMENTS])
    assert tables(location) == first


@pytest.mark.parametrize(
    "fact",
    [
        b"\x91" * DEEP + b"\xc0",
        b"\x92\xb0" + b"payment_declined" + b"\x91" * DEEP + b"\xc0",
        b"\x9c" + encode_fact(CONFIRMED)[1:] + b"\x91" * DEEP + b"\xc0",
    ],
    ids=["nothing_known", "a_newer_kind", "a_known_kind"],
)
def test_abuse_85_a_fact_that_is_nested_beyond_all_reading_is_set_aside_and_the_rest_goes_on(
    books, project, fact
) -> None:
    books.together(lambda: books._facts.append(fact))
    after = books.pay(WANG, SHOP, 500)
    db = open_database(project(), read_only=True)
    assert known(db, after)
    [found] = aside.read(db)
    assert found.what == "facts"
    db.close()


# --- parts of a row --------------------------------------------------------------------------------------------------


def test_of_a_row_only_the_part_at_fault_is_set_aside(books, project) -> None:
    good: list[PaymentDecided] = []
    nobody = bytes(15) + b"\1"
    poison = moved(nobody, nobody, account_id(PAYABLE, CNY, OTHER_SHOP), 5)
    books.together(
        lambda: good.append(books.pay(LI, SHOP, 1_000)),
        lambda: books._records.append(poison),
        lambda: good.append(books.wait(WANG, SHOP, 5_000)),
        lambda: books.verify(good[1]),
        lambda: books.refund(good[1], 1_000),
        lambda: good.append(books.pay(ZHAO, SHOP, 10**9)),
    )
    location = project()
    db = open_database(location, read_only=True)
    rows = [queries.payment_by_id(db, fact.id) for fact in good]
    assert [row and (row.status, row.refunded) for row in rows] == [
        ("succeeded", 0),
        ("succeeded", 1_000),
        ("declined", 0),
    ]
    assert [one.what for one in aside.read(db)] == ["records"]
    assert (incomplete(db), incomplete(db, PAYABLE)) == (set(), {OTHER_SHOP})
    db.close()
    assert reconcile(books.engine, location, [PAYMENTS]) == []  # the engine never had that record


def test_a_fact_that_is_not_understood_concerns_the_payment_that_it_names(books, project) -> None:
    paid, other = books.pay(LI, SHOP, 1_000), books.pay(WANG, OTHER_SHOP, 1_000)
    books._facts.append(b"\x92\xa5later" + bytes([0xD9, len(paid.id)]) + paid.id.encode())
    books.write()
    db = open_database(project(), read_only=True)
    assert [one.what for one in aside.read(db)] == ["facts"]
    assert queries.payment_incomplete(db, paid.id)
    assert not queries.payment_incomplete(db, other.id)
    assert (incomplete(db), incomplete(db, PAYABLE)) == ({LI}, {SHOP})
    db.close()


def test_a_fact_that_names_a_payment_by_its_hold_concerns_it_and_by_its_transfer_anybody(books, project) -> None:
    paid, waiting = books.pay(LI, SHOP, 1_000), books.wait(WANG, OTHER_SHOP, 5_000)
    books._facts.append(b"\x92\xa5later\xc4\x10" + waiting.transfer)
    books.write()
    db = open_database(project(), read_only=True)
    assert queries.payment_incomplete(db, waiting.id)
    assert (incomplete(db), incomplete(db, PAYABLE)) == ({WANG}, {OTHER_SHOP})
    books._facts.append(b"\x92\xa5later\xc4\x10" + paid.transfer)
    books.write()
    project()
    assert incomplete(db) == {LI, WANG, ZHAO}
    db.close()


@pytest.mark.parametrize("blob", [b"\x91\xa3new", b"\xc1", b"", b"\x92\xa7payment\xa1x"])
def test_a_fact_that_names_nobody_may_concern_everybody(books, project, blob) -> None:
    paid = books.pay(LI, SHOP, 1_000)
    books._facts.append(blob)
    books.write()
    later = books.pay(WANG, SHOP, 100)
    db = open_database(project(), read_only=True)
    assert known(db, paid)
    assert known(db, later)
    assert incomplete(db) == {LI, WANG, ZHAO}
    db.close()


def test_an_order_that_was_decided_twice_is_set_aside(books, project) -> None:
    fact = books.pay(LI, SHOP, 1_000)
    books.note(fact)
    books.write()
    later = books.pay(WANG, SHOP, 100)
    db = open_database(project(), read_only=True)
    assert known(db, later)
    assert queries.payment_incomplete(db, fact.id)
    assert (incomplete(db), incomplete(db, PAYABLE)) == ({LI}, {SHOP})
    db.close()


def test_what_ends_a_payment_that_was_set_aside_marks_the_same_people(books, project) -> None:
    """A hold whose payment cannot be kept; then its end, which names nobody but the hold."""
    for end in ("expire", "verify"):
        waiting = books.wait(LI, SHOP, 500) if end == "expire" else books.wait(WANG, SHOP, 500)
        books._facts = []
    poisoned = PaymentDecided("pay_1", b"x" * 16, "succeeded", None, SHOP, ZHAO, 2**70, CNY, 0, "o", "", "", "", 1)
    with pytest.raises(OverflowError):
        encode_fact(poisoned)
    hold = chart.hold(
        b"h" * 16, debit=wallet(ZHAO), credit=b"\7" * 16, amount=0, timeout_seconds=60, kind=TransferKind.VERIFICATION
    )
    books._records.append(hold + moved(b"m" * 16, bytes(15) + b"\1", wallet(LI), 1))
    books._records[-1] = chain(hold, books._records[-1][len(hold) :])
    books._records.append(EVENT.pack(Type.EXPIRE_HOLD, 0, 0, 0, 0, b"h" * 16, *(bytes(16),) * 3))
    books.write()
    books.verify(waiting)
    db = open_database(project(), read_only=True)
    assert [one.what for one in aside.read(db)] == ["records", "records"]
    assert incomplete(db) == {LI, ZHAO}
    row = queries.payment_by_id(db, waiting.id)
    assert row is not None
    assert row.status == "succeeded"
    db.close()


def test_a_body_that_cannot_be_taken_apart_is_set_aside_whole(books, project) -> None:
    now = books.clock.now()
    books.journal.append(books.position + 1, write_stamp(now) + b"\xff" * 8, now)
    later = books.pay(WANG, SHOP, 100)
    db = open_database(project(), read_only=True)
    assert known(db, later)
    assert len(aside.read(db)) == 1
    assert incomplete(db) == {LI, WANG, ZHAO}
    db.close()


def test_an_owner_beyond_what_sql_holds_is_marked_all_the_same(books, project) -> None:
    beyond = account_id(WALLET, CNY, 2**64 - 1)
    assert books.post(chart.account(beyond, WALLET, CNY)) == 0
    books.write()
    db = open_database(project(), read_only=True)
    assert queries.is_incomplete(db, WALLET, 2**64 - 1)
    assert incomplete(db) == set()
    db.close()


def test_a_confirmation_that_cannot_be_kept_marks_its_payment(books, project) -> None:
    waiting = books.wait(LI, SHOP, 500)
    project()
    capture = chart.capture(derived_id(b"verify", waiting.transfer), hold=waiting.transfer, amount=0)
    unknown = moved(derived_id(b"x"), wallet(LI), bytes(15) + b"\1", 500)
    books._records.append(chain(capture, unknown))
    books.note(PaymentConfirmed(waiting.id, SHOP, LI, 500, CNY, 5, "chl_1", ("pin",), "", books.clock.now()))
    books.write()
    db = open_database(project(), read_only=True)
    [one] = aside.read(db)
    assert one.what == "records and facts"
    assert queries.payment_incomplete(db, waiting.id)
    assert incomplete(db) == {LI}
    db.close()


# --- what is not the row's fault, and repair -------------------------------------------------------------------------


def test_a_fault_of_the_database_sets_nothing_aside(books, project) -> None:
    books.pay(LI, SHOP, 100)
    location = project()
    books.pay(LI, SHOP, 100)
    db = open_database(location)
    projector = Projector(books.journal, db, PAYMENTS)
    db.change("ALTER TABLE merchant_days RENAME TO elsewhere")
    with pytest.raises(Exception, match="merchant_days"):
        projector.step()
    db.change("ALTER TABLE elsewhere RENAME TO merchant_days")
    assert projector.step() == books.position
    assert aside.read(db) == []
    db.close()


def test_abuse_85_after_an_upgrade_a_rebuild_projects_again_what_was_set_aside(
    books, project, tables, location, monkeypatch
) -> None:
    paid = books.pay(LI, SHOP, 1_000)
    books.pay(WANG, SHOP, 700)
    add = ProjectionStep._add_payment

    def of_an_older_version(fold: ProjectionStep, no: int, fact: PaymentDecided, blob: bytes) -> None:
        if fact.customer == LI:
            raise ValueError("this version knows no such payment")
        add(fold, no, fact, blob)

    with monkeypatch.context() as older:
        older.setattr(ProjectionStep, "_add_payment", of_an_older_version)
        project()
    assert [one.position for one in set_aside_in(location)] == [2]
    db = open_database(location, read_only=True)
    assert not known(db, paid)
    db.close()
    rebuild(books.journal, location, [PAYMENTS])
    assert set_aside_in(location) == []
    assert reconcile(books.engine, location, [PAYMENTS]) == []
    assert tables(location)["incomplete"] == []


def test_a_crash_between_two_rows_sets_the_same_aside_once(books, location, monkeypatch) -> None:
    correct(books, LI, HUGE)
    books.pay(LI, SHOP, 100)
    db = open_database(location)
    projector, take_apart = Projector(books.journal, db, PAYMENTS), Projector._take_apart

    def power_cut(self: Projector, row: object) -> None:
        take_apart(self, row)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(Projector, "_take_apart", power_cut)
        with pytest.raises(KeyboardInterrupt):
            projector.step()
    again = Projector(books.journal, db, PAYMENTS)
    assert again.position == 2
    assert again.step() == books.position
    assert len(aside.read(db)) == 1
    db.close()


def test_the_marks_are_found_by_their_keys(books, project) -> None:
    db = open_database(project(), read_only=True)
    try:
        query = "SELECT 1 FROM incomplete WHERE model = 'payments' AND concerned IN ('1:1', '*')"
        plan = str(db.all(f"EXPLAIN QUERY PLAN {query}"))
    except Exception:
        plan = "SEARCH"  # PostgreSQL explains otherwise
    assert "SCAN" not in plan
    db.close()


def test_a_read_model_of_an_older_version_is_built_again_by_itself(books, project, tables, location) -> None:
    books.history(30)
    before = tables(project())
    db = open_database(location)
    db.change("DROP TABLE set_aside")
    db.change("UPDATE progress SET version = 2, tables = tables || ' gone'")
    assert read_progress(db, PAYMENTS) is None
    db.close()
    assert tables(project()) == before


# As version 3 had it, when there was one read model for all.
OLD_PROGRESS = Table(
    "progress",
    MetaData(),
    *numbers("one", key=True),
    *numbers("version"),
    *words("journal"),
    *numbers("position"),
    *octets("hash"),
    *numbers("seconds", "day", "accounts", "payments"),
)
OLD_MARKS = Table("incomplete_payments", MetaData(), *words("payment"), *numbers("position", "part"))


def as_version_3_left_it(location: str, journal: str, hash: bytes, position: int) -> None:
    db = open_database(location)
    with db.transaction():
        db.drop(schema.TABLES)
        db.create([OLD_PROGRESS, OLD_MARKS])
        db.insert(OLD_PROGRESS, [(1, 3, journal, position, hash, 0, 0, 1, 1)])
    db.close()


def test_one_read_model_for_all_of_version_3_is_built_again_by_itself(books, project, tables, location) -> None:
    books.history(30)
    before = tables(project())
    as_version_3_left_it(location, books.journal.identity, books.journal.hash_at(2), 2)
    assert schema.check_read_models(books.journal, location, [PAYMENTS]) == 0
    assert tables(project()) == before
    db = open_database(location)
    assert db.tables() == {*schema.TABLES, *PAYMENTS.tables.tables}
    db.close()


def test_one_read_model_for_all_of_another_journal_is_refused(books, project, location) -> None:
    project()
    as_version_3_left_it(location, "another", b"", 2)
    with pytest.raises(ReadModelMismatch, match="from journal another"):
        schema.check_read_models(books.journal, location, [PAYMENTS])
    with pytest.raises(ReadModelMismatch, match="from journal another"):
        project()
