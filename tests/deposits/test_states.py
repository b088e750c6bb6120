"""Freezing an account and freezing its holder hold each for themselves, whichever was first or is lifted first."""

from __future__ import annotations

import asyncio

import pytest

from feiqian.auth.model import Opened
from feiqian.deposits.errors import AccountInvalid, AccountNotFound
from feiqian.deposits.model import AccountState, WantedAccount
from feiqian.ledger.engine import Side
from feiqian.money import CNY, EUR
from feiqian.policy.factors import Purpose
from feiqian.subjects import staff
from tests.customers.people import People

ADA = staff(1)
FROZEN, DORMANT, OPEN = AccountState.FROZEN, AccountState.DORMANT, AccountState.OPEN


@pytest.fixture
def mei(people: People) -> Opened:
    return people.checked()


def opened(people: People, holder: Opened, currency: int = CNY.number) -> str:
    number = holder.session.subject.customer
    return people.run(people.services.deposits.open(number, currency, "current", ADA))


def put(people: People, id: str, state: AccountState) -> None:
    people.run(people.services.account_states.put(id, state, ADA))


def stopped(people: People, id: str) -> bool:
    account = people.do(people.services.deposits.get, id)
    found = people.ledger.engine.account(account.ledger_id)
    assert found is not None
    return bool(found.closed_and_frozen & Side.DEBIT)


def lift(people: People, holder: Opened) -> None:
    people.run(people.security.unfreeze(holder.session, people.passed(holder.session, Purpose.UNFREEZE)))


def test_the_customers_freeze_stops_deposit_accounts_too_and_lifting_it_frees_them(people: People, mei: Opened) -> None:
    ids = [opened(people, mei), opened(people, mei), opened(people, mei, EUR.number)]
    people.run(people.security.freeze(mei.session))
    assert [stopped(people, id) for id in ids] == [True] * 3
    lift(people, mei)
    assert [stopped(people, id) for id in ids] == [False] * 3


def test_lifting_the_customers_freeze_keeps_what_staff_froze(people: People, mei: Opened) -> None:
    free, frozen, dormant = (opened(people, mei) for _ in range(3))
    put(people, frozen, FROZEN)
    put(people, dormant, DORMANT)
    assert [stopped(people, id) for id in (free, frozen, dormant)] == [False, True, True]
    people.run(people.security.freeze(mei.session))
    lift(people, mei)
    assert [stopped(people, id) for id in (free, frozen, dormant)] == [False, True, True]
    put(people, dormant, OPEN)
    assert not stopped(people, dormant)


def test_staff_release_an_account_and_the_customers_freeze_still_holds(people: People, mei: Opened) -> None:
    id = opened(people, mei)
    put(people, id, FROZEN)
    people.run(people.security.freeze(mei.session))
    put(people, id, OPEN)
    assert stopped(people, id)
    lift(people, mei)
    assert not stopped(people, id)


def test_an_account_that_is_opened_for_a_frozen_customer_is_stopped(people: People, mei: Opened) -> None:
    people.run(people.security.freeze(mei.session))
    id = opened(people, mei)
    assert people.do(people.services.deposits.get, id).state is OPEN
    assert stopped(people, id)
    lift(people, mei)
    assert not stopped(people, id)


def test_a_crash_between_decision_and_ledger_freezes_at_the_sweep(people: People, mei: Opened) -> None:
    id = opened(people, mei)
    people.do(people.services.account_states._decide, id, FROZEN, ADA)
    assert not stopped(people, id)
    assert people.run(people.intents.sweep()) == 1
    assert stopped(people, id)
    again = people.again()
    assert stopped(again, id)
    again.close()


def test_a_freeze_that_the_ledger_does_not_know_is_told_at_the_start(people: People, mei: Opened) -> None:
    id = opened(people, mei)
    people.do(people.services.deposits.customers.profiles.put_frozen, 1, mei.session.subject, people.clock.now())
    people.run(people.freezing.resume())
    assert stopped(people, id)


def test_an_account_that_is_missing_before_another_is_opened_with_it(people: People, mei: Opened) -> None:
    deposits = people.services.deposits
    untold = WantedAccount(1, CNY.number, "current")
    people.do(deposits.openings.open_within, untold, ADA)
    opened(people, mei)
    people.run(people.security.freeze(mei.session))
    people.run(people.intents.sweep())
    accounts = people.run(deposits.all_of(1))
    assert [account.state for account in accounts] == [OPEN, OPEN]
    assert all(stopped(people, account.id) for account in accounts)


def test_freezing_and_lifting_at_once_leave_both_told(people: People, mei: Opened) -> None:
    ids = [opened(people, mei) for _ in range(4)]
    people.run(people.security.freeze(mei.session))
    challenge = people.passed(mei.session, Purpose.UNFREEZE)
    put_state = people.services.account_states.put

    async def all_at_once() -> None:
        frozen = (put_state(id, FROZEN, ADA) for id in ids[:2])
        await asyncio.gather(people.security.unfreeze(mei.session, challenge), *frozen)

    people.run(all_at_once())
    assert [stopped(people, id) for id in ids] == [True, True, False, False]


def test_a_state_again_is_nothing_more_and_what_cannot_follow_is_refused(people: People, mei: Opened) -> None:
    id = opened(people, mei)
    put(people, id, FROZEN)
    put(people, id, FROZEN)
    assert people.audit_log(1).count("account_frozen") == 1
    assert people.told(1).count(("changed", "sms")) == 2  # opened, frozen
    for state in (DORMANT, AccountState.CLOSED, AccountState.OPENING):
        with pytest.raises(AccountInvalid):
            put(people, id, state)
    with pytest.raises(AccountNotFound):
        put(people, "acc_nothing", FROZEN)
