"""What is locked nothing spends, until its owner has proved who they are and has waited; also over a crash."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest

from feiqian.auth.challenges.errors import BindingDiffers, NotPassed
from feiqian.auth.model import Session
from feiqian.clock import HOUR
from feiqian.errors import LedgerError
from feiqian.ledger import chart
from feiqian.ledger.engine import Refusal
from feiqian.locks.errors import LockNotFound, LockRefused, LockStateDiffers
from feiqian.locks.model import LockState, MoneyLock
from feiqian.locks.service import MOST
from feiqian.money import CNY, EUR
from feiqian.policy.factors import Purpose
from feiqian.subjects import Role, Subject
from tests.customers.people import EVE, EVE_DETAILS, People

OPERATOR = Subject(Role.STAFF, 0)
DAY_HOURS = 24


@pytest.fixture
def mei(people: People) -> Session:
    """A customer with ¥100.00 in the wallet."""
    session = people.checked().session
    people.fund(session.subject.customer)
    return session


def lock(people: People, session: Session, amount: int = 60_00, account: str = "", reference: str = "L-1") -> MoneyLock:
    return people.run(people.services.locks.lock(session, account, CNY.number, amount, reference))


def opening(people: People, session: Session, id: str) -> MoneyLock:
    challenge = people.prove(people.run(people.services.locks.challenge(session, id)), session.subject)
    return people.run(people.services.locks.open(session, id, challenge))


def wait(people: People, hours: int) -> int:
    people.clock.advance(hours * 3600)
    return people.run(people.services.locks.open_due())


def state(people: People, session: Session) -> LockState:
    (found,) = people.run(people.services.locks.all_of(session.subject.customer))
    return found.state


def test_what_is_locked_is_not_spent_and_the_rest_is(people: People, mei: Session) -> None:
    number = mei.subject.customer
    locked = lock(people, mei)
    assert (locked.state, locked.amount) == (LockState.LOCKED, 60_00)
    assert not people.paid(number, 40_01)
    assert people.paid(number, 40_00)
    assert not people.paid(number, 1)
    assert people.audit_log(number)[-1] == "money_locked"
    (place,) = people.run(people.services.locks.places(number))
    assert (place.balance, place.reserved, place.free) == (60_00, (60_00, 0), 0)


def test_a_deposit_account_is_locked_like_a_wallet(people: People, mei: Session) -> None:
    deposits, number = people.services.deposits, mei.subject.customer
    id = people.run(deposits.open(number, CNY.number, "current", OPERATOR))
    with pytest.raises(LockRefused, match="insufficient"):
        lock(people, mei, account=id)
    with pytest.raises(LockRefused, match="account"):
        people.run(people.services.locks.lock(mei, id, EUR.number, 1, "L-2"))
    eve = people.checked(EVE, EVE_DETAILS).session
    with pytest.raises(LockRefused, match="account"):
        lock(people, eve, 1, account=id)
    assert [place.account for place in people.run(people.services.locks.places(number))] == ["", id]


def test_it_opens_with_strong_factors_and_only_after_the_delay(people: People, mei: Session) -> None:
    number = mei.subject.customer
    locked = lock(people, mei)
    waits = opening(people, mei, locked.id)
    assert waits.state is LockState.OPENING
    assert waits.opens_at - people.clock.now() == pytest.approx(DAY_HOURS * HOUR, abs=1_000_000)
    assert ("lock_opening", "sms") in people.told(number)
    assert wait(people, DAY_HOURS - 1) == 0
    assert not people.paid(number, 40_01)
    assert wait(people, 2) == 1
    assert state(people, mei) is LockState.OPEN
    assert people.paid(number, 100_00)
    assert ("lock_opened", "sms") in people.told(number)
    assert wait(people, 1) == 0


def test_abuse_20_an_account_with_a_lock_is_not_closed(people: People, mei: Session) -> None:
    locked = lock(people, mei, 100_00)
    assert set(people.ledger.post_many(chart.close(locked.ledger_id))) == {Refusal.ACCOUNT_NOT_EMPTY}


def test_abuse_38_no_other_proof_opens_it(people: People, mei: Session) -> None:
    locked, other = lock(people, mei, 10_00), lock(people, mei, 10_00, reference="L-2")
    locks = people.services.locks
    unfreeze = people.passed(mei, Purpose.UNFREEZE)
    of_other = people.prove(people.run(locks.challenge(mei, other.id)), mei.subject)
    for challenge in (unfreeze, of_other):
        with pytest.raises(BindingDiffers):
            people.run(locks.open(mei, locked.id, challenge))
    begun = people.run(locks.challenge(mei, locked.id))
    with pytest.raises(NotPassed):
        people.run(locks.open(mei, locked.id, begun.id))
    assert all("sms" not in map(str, way) or "password" in map(str, way) for way in begun.combinations)


def test_it_is_kept_until_it_is_open(people: People, mei: Session) -> None:
    locks, locked = people.services.locks, lock(people, mei)
    assert people.run(locks.keep(mei, locked.id)).state is LockState.LOCKED
    opening(people, mei, locked.id)
    assert people.run(locks.keep(mei, locked.id)).state is LockState.LOCKED
    assert wait(people, DAY_HOURS + 1) == 0
    assert not people.paid(mei.subject.customer, 40_01)
    opening(people, mei, locked.id)
    assert wait(people, DAY_HOURS + 1) == 1
    with pytest.raises(LockStateDiffers):
        people.run(locks.keep(mei, locked.id))
    with pytest.raises(LockStateDiffers):
        people.run(locks.challenge(mei, locked.id))


def test_one_that_was_kept_and_begun_again_waits_anew(people: People, mei: Session) -> None:
    locks, locked = people.services.locks, lock(people, mei)
    opening(people, mei, locked.id)
    people.clock.advance((DAY_HOURS + 1) * 3600)
    (due,) = people.do(locks._due)
    people.run(locks.keep(mei, locked.id))
    opening(people, mei, locked.id)
    assert people.do(locks._begin_release, due, False) is False
    assert state(people, mei) is LockState.OPENING


def test_none_opens_while_nothing_is_decided(people: People, mei: Session) -> None:
    opening(people, mei, lock(people, mei).id)
    people.ledger.close()
    with pytest.raises(LedgerError):
        wait(people, DAY_HOURS + 1)
    assert state(people, mei) is LockState.OPENING


def test_whoever_freezes_meanwhile_keeps_it_locked(people: People, mei: Session) -> None:
    locked = lock(people, mei)
    opening(people, mei, locked.id)
    people.run(people.security.freeze(mei))
    assert wait(people, DAY_HOURS + 1) == 0
    assert state(people, mei) is LockState.LOCKED
    assert ("lock_kept", "sms") in people.told(mei.subject.customer)


def test_the_same_reference_is_the_same_lock(people: People, mei: Session) -> None:
    first = lock(people, mei, 10_00)
    assert lock(people, mei, 10_00).id == first.id
    with pytest.raises(LockRefused, match="reference"):
        lock(people, mei, 11_00)
    assert people.run(people.services.locks.reserved(mei.subject.customer, first.ledger_id)) == (10_00, 0)


def test_two_at_once_lock_no_more_than_there_is(people: People, mei: Session) -> None:
    locks = people.services.locks

    async def both() -> list[object]:
        asked = (locks.lock(mei, "", CNY.number, 60_00, f"L-{n}") for n in range(2))
        return await asyncio.gather(*asked, return_exceptions=True)

    done = people.run(both())
    assert sorted(type(one).__name__ for one in done) == ["LockRefused", "MoneyLock"]
    assert len(people.run(locks.all_of(mei.subject.customer))) == 1


def test_who_asks_again_before_the_lock_is_seen_gets_the_same_lock(
    people: People, mei: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look of the second request was before the first request's row; its look at the balance is after it."""
    first, locks, looks = lock(people, mei), people.services.locks, count()
    of_reference = locks._of_reference
    monkeypatch.setattr(locks, "_of_reference", lambda *asked: of_reference(*asked) if next(looks) else None)
    assert lock(people, mei).id == first.id
    with pytest.raises(LockRefused, match="insufficient"):
        lock(people, mei, reference="L-2")


def test_two_with_one_reference_at_once_are_one(people: People, mei: Session) -> None:
    locks = people.services.locks

    async def both() -> list[MoneyLock]:
        return list(await asyncio.gather(*(locks.lock(mei, "", CNY.number, 30_00, "L-1") for _ in range(2))))

    first, second = people.run(both())
    assert first.id == second.id
    assert people.run(locks.reserved(mei.subject.customer, first.ledger_id)) == (30_00, 0)


@pytest.mark.parametrize(("amount", "why"), [(0, "amount"), (100_01, "insufficient")])
def test_what_cannot_be_locked_is_refused(people: People, mei: Session, amount: int, why: str) -> None:
    with pytest.raises(LockRefused, match=why):
        lock(people, mei, amount)
    assert people.run(people.services.locks.all_of(mei.subject.customer)) == []


def test_what_is_frozen_or_too_many_is_refused(people: People, mei: Session) -> None:
    for number in range(MOST):
        lock(people, mei, 1, reference=f"L-{number}")
    with pytest.raises(LockRefused, match="too_many"):
        lock(people, mei, 1, reference="one-more")
    people.run(people.security.freeze(mei))
    with pytest.raises(LockRefused, match="stopped"):
        lock(people, mei, 1, reference="another")


def test_another_customers_lock_is_as_if_it_were_not(people: People, mei: Session) -> None:
    locked = lock(people, mei)
    eve, locks = people.checked(EVE, EVE_DETAILS).session, people.services.locks
    for asked in (lambda: locks.challenge(eve, locked.id), lambda: locks.keep(eve, locked.id)):
        with pytest.raises(LockNotFound):
            people.run(asked())
    assert people.run(locks.all_of(eve.subject.customer)) == []


def test_it_survives_a_crash_before_and_after_the_ledger_is_told(people: People, mei: Session) -> None:
    locks, number = people.services.locks, mei.subject.customer
    wanted = people.do(locks._wanted, mei, "", CNY.number, 60_00)
    people.do(locks._intend, wanted, "L-1")  # and the process ends before the ledger is told
    people = people.again()
    try:
        assert people.run(people.intents.sweep()) == 1
        assert not people.paid(number, 40_01)
        locks = people.services.locks
        opening(people, mei, wanted.id)
        people.clock.advance((DAY_HOURS + 1) * 3600)
        (lock_,) = people.run(locks.all_of(number))
        assert people.do(locks._begin_release, lock_, False)  # and it ends again
        people = people.again()
        assert not people.paid(number, 40_01)
        assert people.run(people.intents.sweep()) == 1
        assert state(people, mei) is LockState.OPEN
        assert people.paid(number, 100_00)
    finally:
        people.close()


def test_a_crash_between_ledger_and_database_neither_locks_nor_opens_twice(people: People, mei: Session) -> None:
    locks, number = people.services.locks, mei.subject.customer
    wanted = people.do(locks._wanted, mei, "", CNY.number, 60_00)
    people.do(locks._intend, wanted, "L-1")
    intent = people.do(people.intents.pending, "lock_money", wanted.id)
    people.run(locks._hold(intent))  # the ledger knows, and the database does not yet
    people = people.again()
    try:
        assert people.run(people.intents.sweep()) == 1
        assert people.run(people.services.locks.reserved(number, wanted.ledger_id)) == (60_00, 0)
        assert state(people, mei) is LockState.LOCKED
        assert people.audit_log(number).count("money_locked") == 1
    finally:
        people.close()
