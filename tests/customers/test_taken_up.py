"""What payments ask from memory is as it was committed, even if whoever asked for it has left before the commit."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest
from people import MEI, MEI_DETAILS, UNKNOWN, People
from sqlalchemy import event

from feiqian.auth.sessions.model import Session
from feiqian.policy.factors import Factor, Purpose
from feiqian.subjects import staff

UseCase = Coroutine[Any, Any, Any]


async def left_at_commit(bank: People, use_case: UseCase, nth: int) -> None:
    """Runs it, and goes away while its nth transaction is being committed."""
    loop, gone, commits = asyncio.get_running_loop(), threading.Event(), 0
    task = asyncio.ensure_future(use_case)
    task.add_done_callback(lambda _: gone.set())

    def commit(_: object) -> None:
        nonlocal commits
        commits += 1
        if commits == nth:
            loop.call_soon_threadsafe(task.cancel)
            assert gone.wait(60)

    event.listen(bank.db.engine, "commit", commit)
    try:
        with suppress(asyncio.CancelledError):
            await task
    finally:
        bank.work.close()  # what is under way is finished
        event.remove(bank.db.engine, "commit", commit)
    assert commits >= nth


def recovery(bank: People, _: Session) -> UseCase:
    bank.clock.advance(3_600)
    return bank.answered_recovery()


def new_device(bank: People, _: Session) -> UseCase:
    bank.clock.advance(3_600)
    return bank.answered_sign_in()


def new_number(bank: People, session: Session) -> UseCase:
    proof = bank.passed(session, Purpose.CHANGE_CONTACT, "mobile", UNKNOWN)
    started = bank.run(bank.new_contacts.start(session, proof, "mobile", UNKNOWN))
    bank.run(bank.new_contacts.answer_code(session, started.application, Factor.SMS, bank.code()))
    return bank.new_contacts.finish(session, started.application)


@pytest.mark.parametrize("use_case", [recovery, new_device, new_number])
def test_low_limits_hold_from_the_commit_on(bank: People, use_case: Callable[[People, Session], UseCase]) -> None:
    asked = use_case(bank, bank.checked().session)
    assert not bank.cooling(1)
    asyncio.run(left_at_commit(bank, asked, 1))
    assert bank.cooling(1)


def test_a_level_holds_from_the_commit_on(bank: People) -> None:
    bank.checked()
    asyncio.run(left_at_commit(bank, bank.real_name.raise_level(1, "full", staff(1)), 2))
    assert bank.customers.standing(1) == bank.services.policy.level("full").number


def test_a_newcomer_is_known_from_the_commit_on(bank: People) -> None:
    started = bank.run(bank.registration.start(MEI, "en"))
    bank.run(bank.registration.answer(started.challenge.id, Factor.SMS, bank.code()))
    bank.run(bank.registration.confirm(started.application, started.challenge.id))
    asyncio.run(left_at_commit(bank, bank.registration.finish(started.application, MEI_DETAILS), 2))
    assert bank.customers.known(1)
