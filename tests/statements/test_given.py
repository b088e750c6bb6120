"""Whether a statement is the bank's: anybody finds by its code what it says, and nobody finds one by guessing."""

from __future__ import annotations

import asyncio
import re

import pytest
from sqlalchemy import func, select

from feiqian.activity.errors import TooManyTries
from feiqian.ids import CustomerNumber
from feiqian.runtime import network
from feiqian.statements import given
from feiqian.statements.errors import StatementNotFound
from feiqian.statements.model import Format
from feiqian.statements.periods import days_of
from feiqian.statements.tables import given as table
from tests.databases import ON_BOTH
from tests.statements.keepers import Keepers, text_of_pdf

CODE = re.compile(r"\b([A-Z2-7]{4}(?:-[A-Z2-7]{4}){5})\b")
DAY = 86_400  # seconds


def printed(bank: Keepers, customer: CustomerNumber, period: str = "2027-01") -> str:
    """The code on the customer's statement as PDF."""
    found = CODE.search(text_of_pdf(bank.ask(customer, Format.PDF, period).content))
    assert found is not None
    return found[1]


def kept(bank: Keepers) -> int:
    with bank.db.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


@ON_BOTH
def test_abuse_115_the_page_says_what_the_bank_wrote_and_masks_the_name(bank: Keepers) -> None:
    mei, shop = bank.holder(100_000), bank.shop()
    bank.pay(mei, shop, 1_250)
    bank.clock.advance(30 * DAY)
    code = printed(bank, mei)
    bank.pay(mei, shop, 99)  # in another month
    it, holder = bank.run(bank.files.given.look(code.lower().replace("-", " ")))
    assert holder == "**梅"
    assert (it.opening, it.closing, it.entries, it.provisional) == (0, 98_750, 2, False)
    assert (it.first.isoformat(), it.last.isoformat(), it.last_four) == ("2027-01-01", "2027-01-31", "")


@pytest.mark.parametrize("typed", ["", "A", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA", "x" * 400, "1" * 24, "飞" * 24])
def test_abuse_115_a_code_that_the_bank_gave_nobody_is_no_statement(bank: Keepers, typed: str) -> None:
    with pytest.raises(StatementNotFound):
        bank.run(bank.files.given.look(typed))


def test_abuse_115_a_letter_that_differs_finds_nothing_and_no_code_is_kept(bank: Keepers) -> None:
    code = printed(bank, bank.holder(100_000))
    other = ("B" if code[0] == "A" else "A") + code[1:]
    with pytest.raises(StatementNotFound):
        bank.run(bank.files.given.look(other))
    plain = code.replace("-", "").encode()
    assert not [file.name for file in bank.folder.iterdir() if file.is_file() and plain in file.read_bytes()]


def test_one_statement_has_one_code_however_often_it_is_asked_for(bank: Keepers) -> None:
    mei = bank.holder(100_000)
    bank.clock.advance(30 * DAY)
    first = printed(bank, mei)
    bank.clock.advance(60)
    assert printed(bank, mei) == first
    assert kept(bank) == 1
    assert printed(bank, mei, "2027") != first


@ON_BOTH
def test_two_who_ask_at_once_keep_it_once(bank: Keepers) -> None:
    mei = bank.holder(100_000)
    it, _ = bank.run(bank.files.given.look(printed(bank, mei)))

    async def keep() -> None:
        await asyncio.gather(*(bank.files.given.keep("A" * 24, it) for _ in range(4)))

    bank.run(keep())
    assert kept(bank) == 2


@ON_BOTH
def test_the_oldest_of_one_customer_make_room(bank: Keepers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given, "MOST_OF_ONE", 2)
    mei, eve = bank.holder(100_000), bank.other()
    of_eve = printed(bank, eve)
    codes = []
    for day in ("2027-01-11", "2027-01-12", "2027-01-13"):
        bank.clock.advance(60)
        text = text_of_pdf(bank.ask(mei, Format.PDF, days_of(day, day)).content)
        found = CODE.search(text)
        assert found is not None
        codes.append(found[1])
    with pytest.raises(StatementNotFound):
        bank.run(bank.files.given.look(codes[0]))
    for code in (*codes[1:], of_eve):
        bank.run(bank.files.given.look(code))


def test_tries_of_a_network_are_bounded_and_others_look_on(bank: Keepers) -> None:
    async def look(address: str) -> None:
        network.client.set(address)
        await bank.files.given.look("A" * 24)

    bank.files.given.now = lambda: 0.0
    bank.files.given.__post_init__()
    for _ in range(given.TRIES_AT_ONCE):
        with pytest.raises(StatementNotFound):
            bank.run(look("10.0.0.1"))
    with pytest.raises(TooManyTries):
        bank.run(look("10.0.0.1"))
    with pytest.raises(StatementNotFound):
        bank.run(look("10.0.0.2"))


def test_only_paper_has_a_code(bank: Keepers) -> None:
    mei = bank.holder(100_000)
    for format in (Format.CSV, Format.XLSX, Format.OFX, Format.CAMT):
        bank.ask(mei, format)
    assert kept(bank) == 0
