"""The same over PostgreSQL, where transactions run beside each other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.deposits.errors import AliasTaken, ReferenceUsed
from feiqian.deposits.importing import Import
from feiqian.deposits.model import AccountState
from feiqian.deposits.numbers import new_number
from feiqian.money import CNY
from feiqian.subjects import staff
from feiqian.testing.postgres import Postgres
from tests.customers.people import EVE, EVE_DETAILS, People

ADA = staff(1)


@pytest.fixture
def people(postgres: Postgres, tmp_path: Path) -> Iterator[People]:
    people = People(tmp_path / "bank", url=postgres.database())
    yield people
    people.close()


def test_accounts_that_are_opened_and_named_at_once(people: People) -> None:
    mei = people.checked().session.subject.customer
    eve = people.checked(EVE, EVE_DETAILS).session.subject.customer
    deposits, aliases = people.services.deposits, people.services.aliases

    async def opened_at_once() -> list[str]:
        same = [deposits.open(mei, CNY.number, "current", ADA, "bank/1") for _ in range(4)]
        others = [deposits.open(mei, CNY.number, "savings", ADA) for _ in range(4)]
        return await asyncio.gather(*same, *others)

    ids = people.run(opened_at_once())
    accounts = people.run(deposits.all_of(mei))
    assert (len(set(ids[:4])), len(set(ids))) == (1, 5)
    assert sorted(account.place for account in accounts) == [1, 2, 3, 4, 5]
    theirs = people.run(deposits.open(eve, CNY.number, "current", ADA))

    async def named_at_once() -> list[object]:
        both = aliases.choose(mei, ids[0], "rent1"), aliases.choose(eve, theirs, "rentl")
        return await asyncio.gather(*both, return_exceptions=True)

    outcomes = people.run(named_at_once())
    assert sorted(isinstance(outcome, AliasTaken) for outcome in outcomes) == [False, True]


def test_an_import_and_states(people: People) -> None:
    people.checked()
    s, id = people.services, people.do(people.customers.by_number, 1).id
    importing = Import(s.deposits.openings, s.transactions, ADA)
    number = new_number(s.settings.account_prefix)
    lines, wrong = importing.read(
        ["reference,customer,currency,product,number,balance", f"a,{id},CNY,current,{number},5"]
    )
    assert wrong == []
    list(importing.open(lines))
    people.run(people.intents.sweep())
    list(importing.open(lines))
    (account,) = people.run(s.deposits.all_of(1))
    assert (s.deposits.balance(account), people.do(s.deposits.number, account.id)) == (5_00, number)
    with pytest.raises(ReferenceUsed):
        people.run(s.deposits.open(1, CNY.number, "savings", ADA, "import/a"))
    people.run(s.account_states.put(account.id, AccountState.FROZEN, ADA))
    people.run(people.freezing.freeze(1, ADA))
    people.run(people.freezing.unfreeze(1, ADA))
    assert s.accounts.stopped(1) is False
    assert people.run(s.deposits.all_of(1))[0].state is AccountState.FROZEN
    people.ledger.engine.check()
