"""The lines of a customer's accounts, against a plain list of them: whatever the moments, places and pages."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from feiqian.accounts.kinds import AccountKind, deposit_id, wallet_id
from feiqian.clock import HOUR, MICROSECONDS, MINUTE
from feiqian.ids import CustomerNumber
from feiqian.money import CNY, EUR
from feiqian.payments.kinds import TransferKind
from feiqian.payments.read_model import lines, tables
from feiqian.payments.read_model.lines import DISORDER, LATEST, NEVER, OwnAccount, Place, Span
from feiqian.projections.database import Database, open_database

MEI = CustomerNumber(7)
ACCOUNTS = [
    OwnAccount(3, wallet_id(CNY.number, MEI), CNY.number),
    OwnAccount(5, deposit_id(CNY.number, MEI, 1), CNY.number),
    OwnAccount(8, deposit_id(EUR.number, MEI, 1), EUR.number),
]
OTHER = OwnAccount(4, wallet_id(CNY.number, CustomerNumber(8)), CNY.number)
BEGUN, LINES = 1_800_000_000 * MICROSECONDS, 400
KINDS = (TransferKind.PAYMENT, TransferKind.REFUND, 14)


class Row(NamedTuple):
    """As the table has it."""

    account: int
    sequence: int
    amount: int
    balance: int
    kind: int
    transfer: bytes
    payment: None
    at: int
    position: int


def written(chance: random.Random) -> list[Row]:
    """Lines of all accounts in the journal's order; several in a row of it, and clocks that go back a little."""
    found, sequence, balance, position, at = list[Row](), dict[int, int](), dict[int, int](), 0, BEGUN
    for number in range(LINES):
        position += chance.random() < 0.6
        at += chance.randrange(0, 6 * MINUTE)
        no = chance.choice([*ACCOUNTS, OTHER]).no
        amount = chance.choice((-1, 1)) * chance.randrange(1, 10_000)
        sequence[no], balance[no] = sequence.get(no, 0) + 1, balance.get(no, 0) + amount
        moment = at - chance.choice((0, 0, chance.randrange(0, DISORDER)))
        id = number.to_bytes(16, "big")
        found.append(Row(no, sequence[no], amount, balance[no], int(chance.choice(KINDS)), id, None, moment, position))
    return found


@pytest.fixture
def db(tmp_path: Path, url: str) -> Iterator[Database]:
    with closing(open_database(url or tmp_path / "read.db")) as db:
        with db.transaction():
            db.create(tables.METADATA.tables.values())
            for account in [*ACCOUNTS, OTHER]:
                kind = AccountKind.CUSTOMER_WALLET if account.no < 5 else AccountKind.CUSTOMER_DEPOSIT
                owner = 8 if account is OTHER else MEI
                db.insert(tables.accounts, [(account.no, account.id, int(kind), account.currency, owner)])
        yield db


def test_pages_spans_and_sums_are_those_of_a_plain_list(db: Database) -> None:
    chance = random.Random(13)
    every = written(chance)
    with db.transaction():
        db.insert(tables.entries, every)
    assert lines.accounts_of(db, MEI) == ACCOUNTS
    own = {account.no: account for account in ACCOUNTS}
    newest_first = sorted((row for row in every if row.account in own), key=place_of, reverse=True)
    for limit in (1, 7, 1000):
        assert paged(db, ACCOUNTS, limit) == newest_first
    for row in chance.sample(newest_first, 40):  # a place that is not at a page's edge, and none that there is
        for at in (place_of(row), Place(row.position, 0, 5), Place(row.position, 4, 2**60)):
            expected = [one for one in newest_first if place_of(one) < at][:5]
            assert [plain(line) for line in lines.lines_of_customer(db, ACCOUNTS, at, 5)] == expected
    for _ in range(40):
        start = BEGUN + chance.randrange(-HOUR, LINES * 3 * MINUTE)
        span = Span(start, start + chance.randrange(0, 8 * HOUR))
        within = [row for row in newest_first if span.start <= row.at < span.end]
        found = [plain(line) for line in lines.lines_of_customer(db, ACCOUNTS, LATEST, 1000, span)]
        assert [row for row in found if span.start <= row.at < span.end] == within
        assert len(found) <= len(within) + 60
        assert summed(db, span, {14}) == plainly_summed(within, {14}, own)
        for account in ACCOUNTS:
            of_it = [row for row in every if row.account == account.no]
            first = next((row.sequence for row in of_it if row.at >= start), len(of_it) + 1)
            assert lines.first_line_at(db, account, start) == first


def test_lines_of_a_period_come_in_order_and_a_line_more_changes_no_period(db: Database) -> None:
    every, (wallet, *_) = written(random.Random(31)), ACCOUNTS
    of_it = [row for row in every if row.account == wallet.no]
    middle = of_it[len(of_it) // 2].at
    with db.transaction():
        db.insert(tables.entries, of_it)
    before = lines.first_line_at(db, wallet, middle)
    found = lines.lines_of_account(db, wallet, 3, 9, 4) + lines.lines_of_account(db, wallet, 7, 9, 4)
    assert [plain(line) for line in found] == of_it[2:8]
    late = of_it[-1]._replace(sequence=len(of_it) + 1, at=of_it[-1].at - DISORDER + 1, position=late_position(of_it))
    with db.transaction():
        db.insert(tables.entries, [late])
    assert lines.first_line_at(db, wallet, middle) == before
    assert lines.first_line_at(db, wallet, NEVER) == len(of_it) + 2


def test_too_many_lines_are_not_added_up(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.transaction():
        db.insert(tables.entries, written(random.Random(1)))
    monkeypatch.setattr(lines, "MOST_SUMMED", 50)
    assert lines.sums(db, ACCOUNTS, Span(), ()) is None


def late_position(of_it: list[Row]) -> int:
    return of_it[-1].position + 1


def place_of(row: Row) -> Place:
    return Place(row.position, row.account, row.sequence)


def plain(line: lines.Line) -> Row:
    entry = line.entry
    moved = entry.amount, entry.balance, entry.kind, bytes(entry.transfer)
    return Row(line.account.no, entry.sequence, *moved, None, entry.at, entry.position)


def paged(db: Database, accounts: list[OwnAccount], limit: int) -> list[Row]:
    found, at = list[lines.Line](), LATEST
    while page := lines.lines_of_customer(db, accounts, at, limit):
        found += page
        at = page[-1].place
    return [plain(line) for line in found]


def summed(db: Database, span: Span, without: set[int]) -> dict[int, tuple[int, int, int]]:
    found = lines.sums(db, ACCOUNTS, span, without)
    assert found is not None
    return {one.currency: (one.came, one.left, one.lines) for one in found}


def plainly_summed(rows: list[Row], without: set[int], own: dict[int, OwnAccount]) -> dict[int, tuple[int, int, int]]:
    totals: dict[int, tuple[int, int, int]] = {}
    for row in rows:
        if row.kind not in without:
            came, left, count = totals.get(own[row.account].currency, (0, 0, 0))
            more = came + max(row.amount, 0), left - min(row.amount, 0), count + 1
            totals[own[row.account].currency] = more
    return totals
