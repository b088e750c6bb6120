"""A customer's order of sources: kept, taken up after the commit and at the start, and asked at each payment."""

from __future__ import annotations

from typing import Any

import pytest

from feiqian.accounts.kinds import AccountKind, wallet_id
from feiqian.deposits.model import DepositAccount
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.engine import Side
from feiqian.money import CNY, EUR, CurrencyNumber, MinorUnits
from feiqian.sources.errors import SourcesInvalid
from feiqian.sources.service import Sources
from feiqian.subjects import Role, Subject
from tests.customers.people import EVE, EVE_DETAILS, People

OPERATOR = Subject(Role.STAFF, 0)


def account(people: People, customer: CustomerNumber, balance: int, currency: Any = CNY) -> DepositAccount:
    """An account with money on it."""
    id = people.run(people.services.deposits.open(customer, currency.number, "current", OPERATOR))
    opened = people.do(people.services.deposits.get, id)
    if balance:
        cash = chart.account_id(AccountKind.BANK_CASH, currency.number, chart.BANK)
        name = chart.derived_id(b"test", opened.ledger_id)
        people.ledger.post(chart.transfer(name, debit=cash, credit=opened.ledger_id, amount=balance))
    return opened


def chosen(people: People, customer: CustomerNumber, amount: int, currency: Any = CNY) -> bytes:
    return people.services.sources.choose(CurrencyNumber(currency.number), customer, MinorUnits(amount))


def put(people: People, customer: CustomerNumber, *accounts: str, falls_through: bool = False) -> None:
    people.run(people.services.sources.put(customer, CNY.number, accounts, falls_through))


@pytest.fixture
def mei(people: People) -> CustomerNumber:
    return people.checked().session.subject.customer


def test_whoever_chose_nothing_pays_from_the_wallet(people: People, mei: CustomerNumber) -> None:
    account(people, mei, 100_00)
    assert chosen(people, mei, 1) == wallet_id(CNY.number, mei)


def test_the_chosen_account_pays_and_without_falling_through_it_alone(people: People, mei: CustomerNumber) -> None:
    first, second = account(people, mei, 100_00), account(people, mei, 500_00)
    put(people, mei, first.id, second.id)
    assert {chosen(people, mei, amount) for amount in (1, 100_00, 300_00)} == {first.ledger_id}
    put(people, mei, first.id, second.id, falls_through=True)
    assert [chosen(people, mei, amount) for amount in (100_00, 100_01, 500_01)] == [
        first.ledger_id,
        second.ledger_id,
        first.ledger_id,
    ], "where none holds enough, the first is asked"


def test_a_frozen_account_is_passed_over_only_by_whoever_falls_through(people: People, mei: CustomerNumber) -> None:
    first, second = account(people, mei, 100_00), account(people, mei, 100_00)
    people.ledger.post(chart.freeze(first.ledger_id, Side.DEBIT))
    put(people, mei, first.id, second.id)
    assert chosen(people, mei, 1) == first.ledger_id
    put(people, mei, first.id, second.id, falls_through=True)
    assert chosen(people, mei, 1) == second.ledger_id


def test_a_closed_account_is_passed_over(people: People, mei: CustomerNumber) -> None:
    first = account(people, mei, 0)
    put(people, mei, first.id)
    people.ledger.post(chart.close(first.ledger_id))
    assert chosen(people, mei, 1) == wallet_id(CNY.number, mei)


def test_choices_are_kept_over_a_restart_and_can_be_taken_back(people: People, mei: CustomerNumber) -> None:
    first = account(people, mei, 100_00)
    put(people, mei, first.id, "wallet")
    s = people.services.sources
    again = Sources(
        transactions=s.transactions,
        clock=s.clock,
        customers=s.customers,
        audit_log=s.audit_log,
        notices=s.notices,
        deposits=s.deposits,
        accounts=s.accounts,
        ledger=s.ledger,
    )
    assert again.choose(CNY.number, mei, MinorUnits(1)) == first.ledger_id
    put(people, mei, "wallet")
    assert chosen(people, mei, 1) == wallet_id(CNY.number, mei)
    assert people.run(people.services.sources.of(mei, CNY.number)).accounts == ("wallet",)


def test_an_order_of_what_is_not_ones_own_is_refused(people: People, mei: CustomerNumber) -> None:
    eve = people.checked(EVE, EVE_DETAILS).session.subject.customer
    own, euros, others = account(people, mei, 0), account(people, mei, 0, EUR), account(people, eve, 0)
    for order, reason in (
        ((), "empty"),
        ((own.id, own.id), "twice"),
        ((euros.id,), "unknown"),
        ((own.id, others.id), "unknown"),
        (("wallet", "acc_"), "unknown"),
    ):
        with pytest.raises(SourcesInvalid) as refused:
            put(people, mei, *order)
        assert refused.value.reason == reason
    assert chosen(people, mei, 1) == wallet_id(CNY.number, mei)


class Counted(dict[Any, Any]):
    """Counts what is asked of it."""

    asked = 0

    def get(self, *of: Any) -> Any:
        self.asked += 1
        return super().get(*of)


def test_whoever_chose_nothing_costs_one_lookup(people: People, mei: CustomerNumber, monkeypatch: Any) -> None:
    sources, chosen_by = people.services.sources, Counted()
    monkeypatch.setattr(sources, "_chosen", chosen_by)
    monkeypatch.setattr(sources, "ledger", None)  # nothing else is asked
    monkeypatch.setattr(sources, "transactions", None)
    assert chosen(people, mei, 1) == wallet_id(CNY.number, mei)
    assert chosen_by.asked == 1


def test_a_choice_is_told_and_the_same_again_is_not(people: People, mei: CustomerNumber) -> None:
    first = account(people, mei, 0)
    before = len(people.told(mei))
    for _ in range(2):
        put(people, mei, first.id)
    assert sorted(people.told(mei)[before:]) == [("changed", "email"), ("changed", "sms")]
    assert people.audit_log(mei).count("sources_chosen") == 1
