"""Whole numbers of accounts come out nowhere but to their holder, and to staff who say why."""

from __future__ import annotations

import io
import logging
import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from staff_pages import browsing
from staffed import Staffed

from feiqian.deposits.importing import Import
from feiqian.deposits.model import AccountState
from feiqian.deposits.numbers import new_number
from feiqian.errors import FeiqianError
from feiqian.money import CNY
from feiqian.runtime import logs
from feiqian.subjects import staff

WHY = "She asks at the counter, with her card."


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream, engine = io.StringIO(), logging.getLogger("sqlalchemy.engine")
    before = engine.level
    logs.configure("debug", "json", stream)
    engine.setLevel(logging.NOTSET)
    yield stream
    engine.setLevel(before)


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Staffed]:
    bank = Staffed(tmp_path / "bank")
    yield bank
    bank.close()


def tried(work: Any) -> str:
    """What could be seen of a call: the error with all that led to it, or what it returned."""
    try:
        return repr(work())
    except FeiqianError as error:
        return f"{error!r} {error} {error.__dict__} {''.join(traceback.format_exception(error))}"


def kept(bank: Staffed) -> str:
    """All that is in the bank's database, sealed columns as they are."""
    with bank.db.read() as connection:
        names = bank.db.engine.dialect.get_table_names(connection)
        return "\n".join(str(tuple(row)) for name in names for row in connection.execute(text(f"SELECT * FROM {name}")))


def test_abuse_100_whole_numbers_are_in_no_log_address_message_error_or_record(bank: Staffed, log: io.StringIO) -> None:
    s, mei = bank.services, bank.checked().session.subject
    alice, bob = bank.member("alice", "supporter"), bank.member("bob", "approver")
    file = bank.do(bank.customers.by_number, mei.number).id
    imported = new_number(s.settings.account_prefix)
    head, row = "reference,customer,currency,product,number,alias", f"a1,{file},CNY,current,{imported},rent2026"
    importing, seen = Import(s.deposits.openings, s.transactions, staff(0)), []
    seen.append(
        tried(lambda: importing.read([head, row.replace("CNY", imported), f"{imported},{file},CNY,current,1,"])[1])
    )
    lines, _ = importing.read([head, row])
    list(importing.open(lines))
    bank.run(bank.intents.sweep())
    seen.append(tried(lambda: importing.read([head, row.replace("a1", "a2")])[1]))
    opened = bank.run(s.deposits.open(mei.customer, CNY.number, "savings", staff(0)))
    seen += [tried(lambda: bank.run(s.deposits.open(mei.customer, CNY.number, "bond", staff(0), f"bank/{imported}")))]
    seen += [
        tried(lambda: bank.run(s.deposits.open(mei.customer, CNY.number, "current", staff(0), f"bank/{imported}")))
    ]
    seen += [tried(lambda: bank.run(s.aliases.choose(mei.customer, opened, imported)))]
    seen += [
        tried(lambda: bank.do(s.deposits.own, mei.customer, imported)),
        repr(bank.run(s.deposits.all_of(mei.customer))),
    ]
    bank.run(s.account_states.put(opened, AccountState.FROZEN, staff(0)))
    change = bank.run(
        bank.changes.propose("open_account", mei, {"currency": CNY.number, "product": "current"}, alice, WHY)
    )
    bank.run(bank.approve(change.id, bob))
    numbers = [bank.do(s.deposits.number, account.id) for account in bank.run(s.deposits.all_of(mei.customer))]
    seen += pages(bank, f"/staff/customers/{file}", opened, numbers)
    seen += [repr(message) for message in bank.arrived()] + [repr(entry) for entry in bank.entries()]
    assert imported in numbers
    assert "account_opened" in str(bank.actions())
    assert "delivery_sent" in log.getvalue()
    for number in numbers:
        hidden = re.compile(r"\W{0,3}".join(number[:-4]))
        for where in (log.getvalue(), kept(bank), *seen):
            assert not hidden.search(where)


def pages(bank: Staffed, file: str, account: str, numbers: list[str]) -> list[str]:
    """What alice sees without saying why, the addresses that she is led to, and what each look leaves on pages."""
    with browsing(bank) as browser:
        browser.is_staff(bank.sign_in_as("alice").token)
        number = f"/staff/deposits/{account}/number"
        looked = browser.post(number, why=f"She reads {numbers[0]} to me.")
        assert looked.status_code == 200
        answers = [
            browser.get(file),
            browser.get(number),
            browser.get(f"{file}/propose/account_state"),
            browser.post(f"{file}/propose/open_account", currency="CNY", product=numbers[0], why=WHY),
            browser.post(f"{file}/propose/open_account", currency="CNY", product="current", why=WHY),
        ]
        said = [answer.text.replace(f'value="{numbers[0]}"', "") for answer in answers]
        return [*said, *(str(answer.headers) for answer in [looked, *answers]), str(looked.url)]
