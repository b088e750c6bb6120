"""A deposit account is opened once, with a number of its own, also when the server ends in between."""

from __future__ import annotations

import pytest
from stdnum import luhn

from feiqian.deposits.errors import AccountInvalid, AccountNotFound
from feiqian.deposits.model import AccountState, WantedAccount
from feiqian.deposits.numbers import read_number
from feiqian.money import CNY, EUR
from feiqian.subjects import Role, Subject
from tests.customers.people import EVE, EVE_DETAILS, People

OPERATOR = Subject(Role.STAFF, 0)


def test_an_account_is_open_in_the_ledger_and_has_a_number(people: People) -> None:
    mei = people.checked().session.subject.customer
    deposits = people.services.deposits
    ids = [people.run(deposits.open(mei, CNY.number, "current", OPERATOR)) for _ in range(2)]
    ids.append(people.run(deposits.open(mei, EUR.number, "savings", OPERATOR)))
    accounts = people.run(deposits.all_of(mei))
    assert [(one.currency, one.place, one.state) for one in accounts] == [
        (CNY.number, 1, AccountState.OPEN),
        (CNY.number, 2, AccountState.OPEN),
        (EUR.number, 1, AccountState.OPEN),
    ]
    assert all(people.ledger.engine.account(one.ledger_id) is not None for one in accounts)
    numbers = {people.do(deposits.number, id) for id in ids}
    assert len(numbers) == 3
    for number in numbers:
        assert (len(number), luhn.is_valid(number), number[:6]) == (19, True, "990001")
        assert read_number(f"{number[:4]} {number[4:]}", "990001") == number
        assert read_number(number[:-1] + str((int(number[-1]) + 1) % 10), "990001") is None


def test_a_crash_before_the_ledger_is_told_opens_it_at_the_sweep(people: People) -> None:
    mei = people.checked().session.subject.customer
    deposits = people.services.deposits
    people.do(deposits.openings.open_within, WantedAccount(mei, CNY.number, "current"), OPERATOR)
    (account,) = people.run(deposits.all_of(mei))
    assert account.state is AccountState.OPENING
    assert people.run(people.intents.sweep()) == 1
    (account,) = people.run(deposits.all_of(mei))
    assert account.state is AccountState.OPEN
    assert people.audit_log(mei)[-1] == "account_opened"


def test_what_cannot_be_opened_is_refused(people: People) -> None:
    mei = people.checked().session.subject.customer
    with pytest.raises(AccountInvalid):
        people.run(people.services.deposits.open(mei, CNY.number, "bond", OPERATOR))
    assert people.run(people.services.deposits.all_of(mei)) == []


def test_another_customers_account_is_as_if_it_were_not(people: People) -> None:
    mei = people.checked().session.subject.customer
    eve = people.checked(EVE, EVE_DETAILS).session.subject.customer
    id = people.run(people.services.deposits.open(mei, CNY.number, "current", OPERATOR))
    with pytest.raises(AccountNotFound):
        people.do(people.services.deposits.own, eve, id)
    assert people.do(people.services.deposits.own, mei, id).id == id
