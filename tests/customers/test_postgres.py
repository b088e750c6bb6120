"""The same over PostgreSQL, where transactions run beside each other: the whole way of a customer, and the races."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from people import (
    EVE,
    EVE_DETAILS,
    MEI,
    MEI_DETAILS,
    MEI_ID,
    NEW_PASSWORD,
    PASSWORD,
    UNKNOWN,
    People,
    chinese_number,
    picture,
)
from sqlalchemy import event, text

from feiqian.auth.challenges.errors import ChallengeOver, CodeThrottled
from feiqian.auth.errors import ReportsThrottled, SignInLocked, SignInRefused
from feiqian.auth.model import Opened
from feiqian.auth.sessions.model import Session
from feiqian.kyc.model import Review
from feiqian.notify.model import Channel
from feiqian.onboarding.errors import ChecksUsedUp
from feiqian.policy.factors import Factor, Purpose
from feiqian.subjects import customer
from feiqian.testing.postgres import Postgres


@pytest.fixture
def bank(postgres: Postgres, tmp_path: Path) -> Iterator[People]:
    people = People(tmp_path / "bank", url=postgres.database())
    yield people
    people.close()


def test_the_whole_way_of_a_customer(bank: People) -> None:
    opened = bank.checked()
    bank.fund(1)
    assert bank.customers.standing(1) == 1
    bank.enter()
    assert bank.cooling(1)
    bank.run(bank.security.freeze(opened.session))
    assert not bank.paid(1)
    bank.run(bank.security.unfreeze(opened.session, bank.passed(opened.session, Purpose.UNFREEZE)))
    assert bank.paid(1)
    proof = bank.passed(opened.session, Purpose.CHANGE_CONTACT, "mobile", UNKNOWN)
    started = bank.run(bank.new_contacts.start(opened.session, proof, "mobile", UNKNOWN))
    bank.run(bank.new_contacts.answer_code(opened.session, started.application, Factor.SMS, bank.code()))
    bank.run(bank.new_contacts.finish(opened.session, started.application))
    bank.clock.advance(3_600)
    challenge = bank.run(bank.recovery.start("password", UNKNOWN, MEI_ID, MEI_DETAILS.name, "en")).id
    for factor in (Factor.SMS, Factor.EMAIL):
        bank.run(bank.recovery.send(challenge, factor))
        bank.run(bank.recovery.answer(challenge, factor, bank.code(Channel(factor.value))))
    bank.run(bank.recovery.finish(challenge, NEW_PASSWORD))
    assert bank.enter(UNKNOWN, NEW_PASSWORD).session.subject == customer(1)
    assert bank.do(bank.services.audit_log.verify) is None


def confirmed(bank: People, mobile: str) -> str:
    started = bank.run(bank.registration.start(mobile, "en"))
    bank.run(bank.registration.answer(started.challenge.id, Factor.SMS, bank.code()))
    bank.run(bank.registration.confirm(started.application, started.challenge.id))
    bank.clock.advance(60)
    return started.application


def test_newcomers_at_once_get_numbers_of_their_own(bank: People) -> None:
    applications = [confirmed(bank, mobile) for mobile in (MEI, EVE, UNKNOWN)]

    async def at_once() -> list[int]:
        finish = [bank.registration.finish(id, EVE_DETAILS) for id in applications]
        return sorted(opened.session.subject.number for opened in await asyncio.gather(*finish))

    assert bank.run(at_once()) == [1, 2, 3]


def test_one_number_at_once_makes_one_customer(bank: People) -> None:
    applications = [confirmed(bank, MEI) for _ in range(3)]

    async def at_once() -> list[str]:
        finish = [bank.registration.finish(id, EVE_DETAILS) for id in applications for _ in range(2)]
        return sorted(type(one).__name__ for one in await asyncio.gather(*finish, return_exceptions=True))

    assert bank.run(at_once()) == ["ApplicationOver"] * 5 + ["Opened"]
    assert bank.customers.count == 1


def test_of_two_checks_at_once_one_waits_for_staff_and_is_the_answer_to_both(bank: People) -> None:
    bank.register(details=replace(MEI_DETAILS, name="Ottoline Quillfeather"))
    images = [picture()]

    async def at_once() -> list[Review]:
        return await asyncio.gather(*(bank.real_name.check_identity(1, images) for _ in range(2)))

    assert len({review.id for review in bank.run(at_once())}) == 1
    assert len(bank.do(bank.services.identity.waiting).items) == 1


def test_documents_typed_at_once_are_no_more_than_a_days(bank: People) -> None:
    applications = [confirmed(bank, MEI) for _ in range(2)]
    typed = [replace(EVE_DETAILS, number=chinese_number(f"1101051988051{n:04}")) for n in range(2_100, 2_106)]
    for details in typed[:4]:
        bank.run(bank.registration.check(applications[0], details))

    async def at_once() -> list[object]:
        checks = [bank.registration.check(*one) for one in zip(applications, typed[4:], strict=True)]
        return await asyncio.gather(*checks, return_exceptions=True)

    assert {type(one) for one in bank.run(at_once())} == {type(None), ChecksUsedUp}


def test_reports_at_once_are_no_more_than_a_days(bank: People) -> None:
    most = bank.services.policy.reports.per_network_day
    phones = bank.services.lost_phones
    for _ in range(most - 1):
        bank.run(phones.report(UNKNOWN, MEI_ID, "李梅"))

    async def at_once() -> list[object]:
        return await asyncio.gather(*(phones.report(UNKNOWN, MEI_ID, "李梅") for _ in range(4)), return_exceptions=True)

    assert sum(isinstance(one, ReportsThrottled) for one in bank.run(at_once())) == 3


def test_devices_added_and_revoked_at_once_get_numbers_of_their_own_and_memory_is_as_the_database(bank: People) -> None:
    customers = bank.customers
    customers.add(["A"] * 4, 1)
    issuing = customers.issuing

    def change(n: int) -> int:
        owner = n % 4 + 1
        issuing.revoke(issuing.device_of(owner), 1)
        return issuing.add(owner, 1)

    with ThreadPoolExecutor(8) as at_once:
        numbers = list(at_once.map(change, range(40)))
    assert sorted(numbers) == list(range(5, 45))
    before = [(issuing.customer_of(n), issuing.device_of(n)) for n in range(50)]
    issuing.refresh()
    assert [(issuing.customer_of(n), issuing.device_of(n)) for n in range(50)] == before


def test_use_cases_of_one_person_at_once_never_wait_for_each_other_in_a_circle(bank: People) -> None:
    bank.register(details=replace(MEI_DETAILS, email=""))  # whom a recovery leads to the branch
    bank.clock.advance(3_600)
    view = bank.run(bank.sign_in.password(MEI, PASSWORD, "en"))
    bank.run(bank.sign_in.send(view.id, Factor.SMS))
    bank.run(bank.sign_in.answer(view.id, Factor.SMS, bank.code()))

    async def at_once() -> list[object]:
        work: list[Coroutine[Any, Any, object]] = [bank.sign_in.finish(view.id)]
        for _ in range(4):
            work += [bank.recovery.start("password", MEI, MEI_ID, "李梅", "en")]
            work += [bank.registration.start(mobile, "en") for mobile in (MEI, EVE)]
            work += [bank.sign_in.password(MEI, PASSWORD, "en"), bank.sign_in.password(MEI, NEW_PASSWORD, "en")]
        return await asyncio.gather(*work, return_exceptions=True)

    outcomes = bank.run(at_once())
    refused = {type(one) for one in outcomes if isinstance(one, Exception)}
    assert refused <= {SignInRefused, SignInLocked, CodeThrottled, ChallengeOver}, outcomes
    assert isinstance(outcomes[0], Opened)


UseCase = Coroutine[Any, Any, object]


def sign_in(bank: People, _: Session) -> UseCase:
    return bank.answered_sign_in()


def recovery(bank: People, _: Session) -> UseCase:
    return bank.answered_recovery()


def freeze(bank: People, session: Session) -> UseCase:
    return bank.security.freeze(session)


def unfreeze(bank: People, session: Session) -> UseCase:
    bank.run(bank.security.freeze(session))
    return bank.security.unfreeze(session, bank.passed(session, Purpose.UNFREEZE))


AUDIT_LOG, PROFILE = "pg_advisory_xact_lock(%(lock)s)", "FROM customers_profiles \nWHERE customers_profiles.customer ="


async def meet(bank: People, first: UseCase, second: UseCase, at: str) -> list[object]:
    """The first stands still once it holds the lock that a statement `at` takes, until the second waits or is over."""
    loop, stands, over = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
    waiting, holder = text("SELECT count(*) FROM pg_locks WHERE NOT granted"), 0

    def took(connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal holder
        if holder or at not in statement or (at == PROFILE and "FOR UPDATE" not in statement):
            return
        holder = threading.get_ident()
        loop.call_soon_threadsafe(stands.set)
        with bank.db.engine.connect() as looking:
            while not over.is_set() and not looking.execute(waiting).scalar_one():
                time.sleep(0.01)

    async def then() -> object:
        await stands.wait()
        try:
            return await second
        finally:
            over.set()

    event.listen(bank.db.engine, "after_cursor_execute", took)
    try:
        return await asyncio.gather(first, then(), return_exceptions=True)
    finally:
        event.remove(bank.db.engine, "after_cursor_execute", took)


@pytest.mark.parametrize(
    ("first", "second", "at"),
    [(sign_in, freeze, AUDIT_LOG), (unfreeze, sign_in, PROFILE), (unfreeze, recovery, PROFILE)],
)
def test_who_changes_a_profile_takes_their_locks_in_one_order(
    bank: People, first: Callable[..., UseCase], second: Callable[..., UseCase], at: str
) -> None:
    session = bank.checked().session
    bank.clock.advance(3_600)
    later = second(bank, session)
    outcomes = bank.run(meet(bank, first(bank, session), later, at))
    assert not [one for one in outcomes if isinstance(one, Exception)]
