"""The same over PostgreSQL, where transactions run beside each other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.locks.model import LockState, MoneyLock
from feiqian.money import CNY
from feiqian.testing.postgres import Postgres
from tests.customers.people import People


@pytest.fixture
def people(postgres: Postgres, tmp_path: Path) -> Iterator[People]:
    people = People(tmp_path / "bank", url=postgres.database())
    yield people
    people.close()


def test_one_lock_of_several_that_are_asked_for_at_once_is_opened_once(people: People) -> None:
    mei, locks = people.checked().session, people.services.locks
    people.fund(mei.subject.customer)

    async def at_once() -> list[MoneyLock]:
        return list(await asyncio.gather(*(locks.lock(mei, "", CNY.number, 60_00, "L-1") for _ in range(4))))

    assert len({lock.id for lock in people.run(at_once())}) == 1
    (lock,) = people.run(locks.all_of(mei.subject.customer))
    assert not people.paid(mei.subject.customer, 40_01)
    challenge = people.prove(people.run(locks.challenge(mei, lock.id)), mei.subject)

    async def opened() -> list[object]:
        asked = (locks.open(mei, lock.id, challenge) for _ in range(3))
        return list(await asyncio.gather(*asked, return_exceptions=True))

    assert sum(isinstance(one, MoneyLock) for one in people.run(opened())) == 1
    people.clock.advance(25 * 3600)

    async def due() -> list[int]:
        return list(await asyncio.gather(locks.open_due(), locks.open_due()))

    assert sum(people.run(due())) == 1
    (lock,) = people.run(locks.all_of(mei.subject.customer))
    assert lock.state is LockState.OPEN
    assert people.paid(mei.subject.customer, 100_00)
