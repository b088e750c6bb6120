"""What a customer gets: ids that never change, balances that follow each other, only what is theirs, and in turn."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from feiqian.clock import MICROSECONDS
from feiqian.deposits.errors import AccountNotFound
from feiqian.deposits.model import WALLET, AccountState
from feiqian.money import CNY, JPY
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.printing.press import NotPrinted
from feiqian.runtime.work import TooBusy
from feiqian.statements import service
from feiqian.statements.errors import PeriodInvalid, RecordIncomplete, TooManyEntries
from feiqian.statements.model import Format
from feiqian.statements.periods import days_of, period_of
from feiqian.statements.service import Which
from tests.databases import ON_BOTH
from tests.statements.keepers import Keepers, read, text_of_pdf

READABLE = (Format.CSV, Format.XLSX, Format.OFX, Format.CAMT)
DAY = 86_400  # seconds
NOON_AT = 1_800_000_000  # of the bank's clock at the start: 2027-01-15 16:00 in Shanghai


def test_an_entry_has_one_id_in_all_periods_and_files_and_after_a_rebuild(bank: Keepers) -> None:
    mei, shop = bank.holder(100_000), bank.shop()
    for amount in (1_250, 99):
        bank.pay(mei, shop, amount)
        bank.clock.advance(DAY)
    found = {
        tuple(entry.id for entry in read(format, bank.ask(mei, format, period).content).entries)
        for format in READABLE
        for period in ("2027-01", "2027-Q1", "2027")
    }
    assert len(found) == 1
    [ids] = found
    assert len(set(ids)) == 3
    text = text_of_pdf(bank.ask(mei, Format.PDF).content)
    assert all(id in text for id in ids)
    day = days_of("2027-01-16", "2027-01-16")
    assert [entry.id for entry in read(Format.CSV, bank.ask(mei, Format.CSV, day).content).entries] == [ids[2]]
    bank.rebuild()
    bank.services.reads = bank.files.reads = bank.activity.reads = PaymentReads(bank.folder / "read.db")
    assert tuple(entry.id for entry in read(Format.OFX, bank.ask(mei, Format.OFX).content).entries) == ids


def test_periods_that_follow_each_other_have_every_entry_once_and_one_balance_between(bank: Keepers) -> None:
    mei, shop = bank.holder(100_000), bank.shop()
    bank.clock.advance(8 * 3600 - 60)  # to midnight in Shanghai, but for a minute of paying
    bank.pay(mei, shop, 1)  # is decided at 00:00:00 of the 16th
    assert bank.clock.now() // MICROSECONDS == NOON_AT + 8 * 3600
    bank.clock.advance(DAY - 1 - 60)
    bank.pay(mei, shop, 2)  # at 23:59:59 of the 16th
    bank.clock.advance(1 - 60)
    bank.pay(mei, shop, 3)  # at 00:00:00 of the 17th
    bank.clock.advance(DAY)
    days = [f"2027-01-{day}" for day in (14, 15, 16, 17, 18)]
    files = [read(Format.CSV, bank.ask(mei, Format.CSV, days_of(day, day)).content) for day in days]
    assert [[entry.amount for entry in file.entries] for file in files] == [
        [],
        [Decimal("1000.00")],
        [Decimal("-0.01"), Decimal("-0.02")],
        [Decimal("-0.03")],
        [],
    ]
    assert [file.closing for file in files[:-1]] == [file.opening for file in files[1:]]
    assert files[0].opening == 0
    assert files[-1].closing == Decimal("999.94")


def test_a_period_that_is_over_has_one_id_and_what_goes_on_has_another_each_time(bank: Keepers) -> None:
    mei = bank.holder(100_000)
    which = Which(WALLET, CNY.number, period_of("2027-01"))

    def ask() -> tuple[str, bool, int]:
        it = bank.run(bank.files.statement(mei, which, "en"))
        return it.id, it.provisional, it.through

    first = ask()
    bank.clock.advance(60)
    second = ask()
    assert first[1]
    assert second[1]
    assert first[0] != second[0]
    assert second[2] == bank.clock.now()
    bank.clock.advance(20 * DAY)
    third = ask()
    bank.clock.advance(DAY)
    assert ask() == third
    assert not third[1]
    assert third[2] < bank.clock.now()


def test_a_closed_account_has_its_statements(bank: Keepers) -> None:
    session = bank.checked().session
    mei, closing = session.subject.customer, bank.services.closing
    account = bank.account(mei, 500)
    view = bank.run(closing.challenge(session, account.id, WALLET))
    bank.run(closing.close(session, bank.prove(view, session.subject), account.id, WALLET))
    assert bank.do(bank.services.deposits.get, account.id).state is AccountState.CLOSED
    said = read(Format.CAMT, bank.ask(mei, Format.CAMT, "2027", account.id).content)
    assert [entry.amount for entry in said.entries] == [Decimal("5.00"), Decimal("-5.00")]
    assert said.closing == 0


@ON_BOTH
def test_another_customers_account_is_as_if_it_were_not(bank: Keepers) -> None:
    mei, ben = bank.holder(), bank.other()
    theirs = bank.account(ben, 500)
    with pytest.raises(AccountNotFound):
        bank.ask(mei, Format.CSV, account=theirs.id)
    with pytest.raises(AccountNotFound):
        bank.ask(mei, Format.CSV, currency=JPY)


def test_a_period_that_has_not_begun_or_has_too_many_entries_is_refused(
    bank: Keepers, monkeypatch: pytest.MonkeyPatch
) -> None:
    mei, shop = bank.holder(100_000), bank.shop()
    for _ in range(3):
        bank.pay(mei, shop, 1)
    with pytest.raises(PeriodInvalid, match="future"):
        bank.ask(mei, Format.PDF, "2027-02")
    monkeypatch.setattr(service, "MOST_PRINTED", 3)
    with pytest.raises(TooManyEntries, match="4 entries"):
        bank.ask(mei, Format.PDF)
    assert len(read(Format.CSV, bank.ask(mei, Format.CSV).content).entries) == 4


def test_a_record_that_lacks_something_makes_no_statement(bank: Keepers, monkeypatch: pytest.MonkeyPatch) -> None:
    async def incomplete(*_: object) -> bool:
        return True

    mei = bank.holder(100_000)
    monkeypatch.setattr(bank.files.reads, "customer_incomplete", incomplete, raising=False)
    with pytest.raises(RecordIncomplete):
        bank.ask(mei, Format.CSV)


def test_one_customer_has_two_made_at_once_and_others_have_theirs(bank: Keepers) -> None:
    mei, ben = bank.holder(100_000), bank.other()
    which = Which(WALLET, CNY.number, period_of("2027"))

    async def ask() -> list[object]:
        asked = [bank.files.file(mei, which, Format.CSV, "en") for _ in range(5)]
        return await asyncio.gather(*asked, bank.files.file(ben, which, Format.CSV, "en"), return_exceptions=True)

    *own, other = bank.run(ask())
    assert sum(isinstance(answer, TooBusy) for answer in own) == 3
    assert not isinstance(other, BaseException)
    assert len(read(Format.CSV, bank.ask(mei, Format.CSV).content).entries) == 1  # the places are given back


def test_what_the_worker_cannot_write_is_told_and_gives_its_place_back(
    bank: Keepers, monkeypatch: pytest.MonkeyPatch
) -> None:
    mei = bank.holder(100_000)
    monkeypatch.setattr(service, "_WRITE", ("feiqian.statements.job", "no_such_job"))
    for _ in range(3):
        with pytest.raises(NotPrinted):
            bank.ask(mei, Format.CSV)
    monkeypatch.undo()
    assert bank.ask(mei, Format.CSV).name == "statement-wallet-cny-2027-01-01_2027-01-15.csv"


def test_files_are_named_by_account_and_period(bank: Keepers) -> None:
    mei = bank.holder(100_000)
    account = bank.account(mei, 500)
    bank.clock.advance(30 * DAY)
    names = [bank.ask(mei, format, "2027-01", account.id).name for format in (*READABLE, Format.PDF)]
    which = f"statement-{account.last_four}-2027-01"
    assert names == [f"{which}.{ending}" for ending in ("csv", "xlsx", "ofx", "camt053.xml", "pdf")]


def test_midnight_that_comes_while_a_statement_is_read_makes_it_no_final_one(
    bank: Keepers, monkeypatch: pytest.MonkeyPatch
) -> None:
    mei, which = bank.holder(100_000), Which(WALLET, CNY.number, days_of("2027-01-15", "2027-01-15"))
    bank.clock.advance(8 * 3600 - 1)
    read_period = bank.activity.period

    async def slowly(*asked: Any) -> Any:
        found = await read_period(*asked)
        bank.clock.advance(3600)
        return found

    monkeypatch.setattr(bank.activity, "period", slowly)
    it = bank.run(bank.files.statement(mei, which, "en"))
    assert it.provisional
    assert it.local(it.through).isoformat(timespec="seconds") == "2027-01-15T23:59:59+08:00"
    monkeypatch.undo()
    assert bank.run(bank.files.statement(mei, which, "en")).id != it.id


def test_a_period_is_final_a_minute_after_its_end(bank: Keepers) -> None:
    mei, which = bank.holder(100_000), Which(WALLET, CNY.number, days_of("2027-01-15", "2027-01-15"))
    bank.clock.advance(8 * 3600 + 59)
    it = bank.run(bank.files.statement(mei, which, "en"))
    assert it.provisional
    assert it.local(it.through).isoformat() == "2027-01-16T00:00:00+08:00"
    bank.clock.advance(1)
    assert not bank.run(bank.files.statement(mei, which, "en")).provisional
