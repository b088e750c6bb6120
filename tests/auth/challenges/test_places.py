"""Where wrong answers are counted (unknown devices together, known ones each, a factor a day), and which are not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable
from typing import Any

import pytest
from authenticator import Authenticator
from proving import NOBODY, OWNER, PASSWORD, PIN, SIGN_IN, SMALL, Bank

from feiqian.auth.challenges import attempts, sweeps
from feiqian.auth.challenges.errors import AnswerWrong, Locked
from feiqian.policy.factors import Factor
from feiqian.runtime import network, work
from feiqian.runtime.work import TooBusy
from feiqian.subjects import Subject, staff

BY_PIN = (frozenset({Factor.PIN}),)
WRONG_PIN, WRONG_PASSWORD = "864201", "a wrong password"
DAY = 86_400


def guess_pin(bank: Bank, device: str | None = None, subject: Subject = OWNER) -> AnswerWrong | Locked:
    id = bank.begin(SMALL, subject, needs=BY_PIN, device=device).id
    with pytest.raises((AnswerWrong, Locked)) as wrong:
        bank.answer(id, Factor.PIN, WRONG_PIN, subject)
    assert isinstance(wrong.value, AnswerWrong | Locked)
    return wrong.value


def guess_password(bank: Bank, device: str | None = None, subject: Subject = OWNER) -> AnswerWrong | Locked:
    with pytest.raises((AnswerWrong, Locked)) as wrong:
        bank.answer(bank.begin(SIGN_IN, subject, device=device).id, Factor.PASSWORD, WRONG_PASSWORD, subject)
    assert isinstance(wrong.value, AnswerWrong | Locked)
    return wrong.value


def lock(bank: Bank, device: str | None = None, subject: Subject = OWNER) -> Locked:
    for _ in range(bank.policy.tries.at_most - 1):
        assert isinstance(guess_password(bank, device, subject), AnswerWrong)
    locked = guess_password(bank, device, subject)
    assert isinstance(locked, Locked)
    return locked


def pay(bank: Bank, device: str | None) -> str:
    return bank.answer(bank.begin(SMALL, needs=BY_PIN, device=device).id, Factor.PIN, PIN).state


def compared(bank: Bank, answer: str) -> int:
    return bank.hasher.compared.count(answer)


def all_at_once(bank: Bank, *answers: Awaitable[Any]) -> list[Any]:
    async def gathered() -> list[Any]:
        return await asyncio.gather(*answers, return_exceptions=True)

    return bank.run(gathered())


def test_abuse_75_a_strangers_wrong_answers_do_not_lock_the_owner_on_a_known_device(bank: Bank) -> None:
    phone = bank.device()
    lock(bank)
    assert isinstance(guess_pin(bank), Locked)
    assert pay(bank, phone) == "passed"
    view = bank.begin(SIGN_IN, device=phone)
    assert bank.answer(view.id, Factor.PASSWORD, PASSWORD).passed == (Factor.PASSWORD,)
    assert bank.answer(view.id, Factor.SMS, bank.send(view.id)).state == "passed"
    assert isinstance(guess_pin(bank), Locked)  # and what the owner did right opens nothing for the stranger


def test_abuse_75_strangers_who_use_up_a_day_leave_the_owners_half_of_it(bank: Bank) -> None:
    phone, minutes = bank.device(), bank.policy.tries.lock_minutes
    for locked_for in minutes[:2]:
        lock(bank)
        bank.clock.advance(locked_for * 60)
    until = lock(bank).until
    bank.clock.advance(minutes[2] * 60)
    assert guess_password(bank) == guess_password(bank) or isinstance(guess_password(bank), Locked)
    assert compared(bank, WRONG_PASSWORD) == bank.policy.tries.half_of_day
    view = bank.begin(SIGN_IN, device=phone)
    assert bank.answer(view.id, Factor.PASSWORD, PASSWORD).passed == (Factor.PASSWORD,)
    bank.clock.advance((until - bank.clock.now()) / 1_000_000)
    assert isinstance(guess_password(bank), AnswerWrong)


def test_abuse_75_a_stranger_who_begins_many_challenges_ends_none_of_a_known_device(bank: Bank) -> None:
    view = bank.begin(SIGN_IN, device=bank.device())
    for _ in range(20):
        bank.begin(SIGN_IN)
    assert bank.answer(view.id, Factor.PASSWORD, PASSWORD).passed == (Factor.PASSWORD,)


def test_abuse_36_unknown_devices_share_five_tries_and_each_known_one_has_five(bank: Bank) -> None:
    first, second = bank.device(), bank.device()
    for place in (None, first, second):
        assert [type(guess_pin(bank, place)) for _ in range(6)] == [AnswerWrong] * 4 + [Locked] * 2
    assert compared(bank, WRONG_PIN) == 3 * bank.policy.tries.at_most
    assert bank.sent.told == [(OWNER, "locked"), (OWNER, "locked_device"), (OWNER, "locked_device")]


def test_abuse_36_a_known_devices_lock_is_its_own(bank: Bank) -> None:
    first, second = bank.device(), bank.device()
    lock(bank, first)
    assert isinstance(guess_pin(bank, first), Locked)
    assert pay(bank, second) == pay(bank, None) == "passed"


def test_abuse_36_only_few_devices_count_for_themselves(bank: Bank) -> None:
    old, *newer = [bank.device() for _ in range(bank.policy.tries.devices + 1)]
    lock(bank)
    assert isinstance(guess_pin(bank, old), Locked)  # counted as unknown
    assert isinstance(guess_pin(bank, newer[0]), AnswerWrong)


def test_abuse_36_a_device_that_is_forgotten_or_another_persons_is_unknown(bank: Bank) -> None:
    phone, other = bank.device(), bank.device(Subject(OWNER.role, 2))
    with bank.db.write() as connection:
        assert bank.sessions.forget_device(connection, OWNER, phone)
    lock(bank)
    for device in (phone, other, "dev_invented"):
        assert isinstance(guess_pin(bank, device), Locked)


def test_abuse_36_one_factor_has_so_many_wrong_answers_a_day_over_all_places(bank: Bank) -> None:
    devices = [bank.device() for _ in range(bank.policy.tries.devices)]
    for _ in range(20):
        for device in (None, *devices):
            guess_pin(bank, device)
        bank.clock.advance(3600)
    assert compared(bank, WRONG_PIN) == bank.policy.tries.per_factor_day
    bank.clock.advance(DAY)
    assert pay(bank, devices[0]) == "passed"


def test_a_factor_that_is_used_up_for_the_day_leaves_the_others(bank: Bank) -> None:
    devices = [bank.device() for _ in range(3)]
    for device in devices:
        for _ in range(bank.policy.tries.at_most):
            guess_pin(bank, device)
    bank.clock.advance(15 * 60)
    phone = bank.device()
    locked = guess_pin(bank, phone)
    assert isinstance(locked, Locked)
    assert locked.until > bank.clock.now() + DAY * 900_000
    assert compared(bank, WRONG_PIN) == bank.policy.tries.half_of_day
    view = bank.begin(SIGN_IN, device=phone)
    assert view.state == "open"
    assert bank.answer(view.id, Factor.PASSWORD, PASSWORD).passed == (Factor.PASSWORD,)


def test_abuse_80_a_pin_that_is_guessed_between_sign_ins_is_counted_for_that_factor(bank: Bank) -> None:
    """Somebody has password and second factor: signs in, tries four PINs, signs in again, all day long."""
    token = bank.token()
    for _ in range(40):
        view = bank.begin(SIGN_IN)
        try:
            bank.answer(view.id, Factor.PASSWORD, PASSWORD)
            assert bank.answer(view.id, Factor.TOTP, bank.code_of(token)).state == "passed"
        except Locked:
            bank.clock.advance(2_160)
            continue
        device = bank.device()
        for place in (device, None):
            for _ in range(4):
                guess_pin(bank, place)
        bank.clock.advance(2_160)
    assert 5 <= compared(bank, WRONG_PIN) <= bank.policy.tries.per_factor_day


def test_abuse_80_only_the_factor_that_was_answered_rightly_is_forgotten(bank: Bank) -> None:
    phone = bank.device()
    for _ in range(2):
        guess_pin(bank, phone)
        guess_password(bank, phone)
    view = bank.begin(SIGN_IN, device=phone)
    bank.answer(view.id, Factor.PASSWORD, PASSWORD)
    assert bank.answer(view.id, Factor.SMS, bank.send(view.id)).tries_left == 3  # two of PINs stay
    assert pay(bank, phone) == "passed"
    assert bank.begin(SMALL, needs=BY_PIN, device=phone).tries_left == 5


def test_abuse_80_a_key_lifts_a_lock_but_gives_no_pins_back_for_the_day(bank: Bank) -> None:
    key, phone = Authenticator(), bank.device()
    bank.enrol(key, Factor.PASSKEY)
    for _ in range(10):
        for _ in range(4):
            guess_pin(bank, phone)
        guess_pin(bank, phone)
        assert bank.sign(bank.begin(SMALL, device=phone).id, key, Factor.PASSKEY).state == "passed"
    assert compared(bank, WRONG_PIN) == bank.policy.tries.half_of_day
    assert isinstance(guess_pin(bank, phone), Locked)


def test_abuse_80_locks_grow_while_the_factor_is_not_answered_rightly(bank: Bank) -> None:
    phone, minutes = bank.device(), bank.policy.tries.lock_minutes
    for locked_for in minutes[:2]:
        for _ in range(5):
            locked = guess_pin(bank, phone)
        assert isinstance(locked, Locked)
        assert locked.until == bank.clock.now() + locked_for * 60_000_000
        bank.clock.advance(locked_for * 60)
        view = bank.begin(SIGN_IN, device=phone)
        bank.answer(view.id, Factor.PASSWORD, PASSWORD)
        assert bank.answer(view.id, Factor.SMS, bank.send(view.id)).state == "passed"


def test_abuse_44_staff_forget_every_wrong_answer(bank: Bank) -> None:
    phone = bank.device()
    for device in (phone, None):
        lock(bank, device)
    with bank.db.write() as connection:
        held = bank.verification.lock_of(connection, OWNER)
        assert held is not None
        bank.verification.unlock(connection, OWNER, staff(3))
        assert bank.verification.lock_of(connection, OWNER) is None
    for device in (phone, None):
        assert pay(bank, device) == "passed"
        assert bank.begin(SMALL, device=device).tries_left == 5


def test_abuse_43_nobody_is_counted_by_the_day_like_somebody(bank: Bank) -> None:
    phone = bank.device()
    for _ in range(3):
        guess_password(bank, phone)  # what the owner does elsewhere must not show
    told: dict[Subject, list[object]] = {OWNER: [], NOBODY: []}
    for hour in range(30):
        for subject, seen in told.items():
            error = guess_password(bank, None, subject)
            seen.append((hour, error.until if isinstance(error, Locked) else ("left", error.tries_left)))
        bank.clock.advance(3600)
    assert told[OWNER] == told[NOBODY]


def test_abuse_76_a_try_that_found_no_turn_is_not_counted(bank: Bank) -> None:
    gate = threading.Event()

    async def scene() -> list[Any]:
        blocked = [asyncio.create_task(bank.work.heavy(gate.wait)) for _ in range(work.HEAVY_THREADS)]
        await asyncio.sleep(0)
        others = [asyncio.create_task(bank.work.heavy_for(f"{n}", int)) for n in range(work.HEAVY_QUEUE)]
        await asyncio.sleep(0)
        views = [await bank.verification.begin(OWNER, SIGN_IN, "en") for _ in range(3)]
        answers = [bank.verification.answer(view.id, OWNER, Factor.PASSWORD, WRONG_PASSWORD) for view in views * 3]
        refused = await asyncio.gather(*answers, return_exceptions=True)
        gate.set()
        await asyncio.gather(*blocked, *others)
        return refused

    assert [type(one) for one in bank.run(scene())] == [TooBusy] * 9
    assert compared(bank, WRONG_PASSWORD) == 0
    assert bank.begin(SIGN_IN).tries_left == 5


def test_abuse_76_forty_wrong_passwords_at_one_address_leave_the_owners_known_device_its_turn(bank: Bank) -> None:
    gate, phone = threading.Event(), bank.device()

    async def scene() -> list[Any]:
        network.client.set("192.0.2.1")
        blocked = [asyncio.create_task(bank.work.heavy(gate.wait)) for _ in range(work.HEAVY_THREADS)]
        view = await bank.verification.begin(OWNER, SIGN_IN, "en")
        guesses = [bank.verification.answer(view.id, OWNER, Factor.PASSWORD, WRONG_PASSWORD) for _ in range(40)]
        wrong = [asyncio.create_task(guess) for guess in guesses]
        while sum(task.done() for task in wrong) < 40 - work.HEAVY_PER_ADDRESS:
            await asyncio.sleep(0)
        mine = await bank.verification.begin(OWNER, SIGN_IN, "en", device=phone)
        right = asyncio.create_task(bank.verification.answer(mine.id, OWNER, Factor.PASSWORD, PASSWORD))
        while sum(task.done() for task in wrong) == 40 - work.HEAVY_PER_ADDRESS:
            await asyncio.sleep(0)
        gate.set()
        return await asyncio.gather(right, *wrong, *blocked, return_exceptions=True)

    right, *others = bank.run(scene())
    assert right.passed == (Factor.PASSWORD,)
    assert sum(isinstance(one, TooBusy) for one in others) == 40 - work.HEAVY_PER_ADDRESS + 1
    assert compared(bank, WRONG_PASSWORD) == bank.policy.tries.at_most


def test_abuse_76_a_try_whose_client_left_before_its_turn_is_not_counted(bank: Bank) -> None:
    gate = threading.Event()

    async def scene() -> None:
        blocked = [asyncio.create_task(bank.work.heavy(gate.wait)) for _ in range(work.HEAVY_THREADS)]
        view = await bank.verification.begin(OWNER, SIGN_IN, "en")
        guess = bank.verification.answer(view.id, OWNER, Factor.PASSWORD, WRONG_PASSWORD)
        waiting = asyncio.create_task(guess)
        while not bank.work.heavy_pool.waiting:
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        gate.set()
        await asyncio.gather(*blocked)
        await bank.work.heavy(int)  # whatever waited before has had its turn

    bank.run(scene())
    assert compared(bank, WRONG_PASSWORD) == 0
    assert bank.begin(SIGN_IN).tries_left == 5


def test_abuse_76_a_right_answer_whose_client_leaves_while_it_is_compared_is_given_back(bank: Bank) -> None:
    begun, gate = threading.Event(), threading.Event()
    matches = bank.hasher.matches

    def slow(hash: str | None, text: str) -> bool:
        begun.set()
        return gate.wait() and matches(hash, text)

    bank.hasher.matches = slow  # type: ignore[method-assign]

    async def scene() -> None:
        view = await bank.verification.begin(OWNER, SIGN_IN, "en")
        right = asyncio.create_task(bank.verification.answer(view.id, OWNER, Factor.PASSWORD, PASSWORD))
        await asyncio.to_thread(begun.wait)
        right.cancel()
        await asyncio.gather(right, return_exceptions=True)
        gate.set()
        await bank.work.heavy(int)

    bank.run(scene())
    assert bank.begin(SIGN_IN).tries_left == 5


def test_abuse_76_what_is_locked_waits_for_no_turn(bank: Bank) -> None:
    lock(bank)
    gate = threading.Event()

    async def scene() -> list[Any]:
        blocked = [asyncio.create_task(bank.work.heavy(gate.wait)) for _ in range(work.HEAVY_THREADS)]
        view = await bank.verification.begin(OWNER, SIGN_IN, "en")
        answers = [bank.verification.answer(view.id, OWNER, Factor.PASSWORD, PASSWORD) for _ in range(50)]
        refused = await asyncio.gather(*answers, return_exceptions=True)
        gate.set()
        await asyncio.gather(*blocked)
        return refused

    assert {type(one) for one in bank.run(scene())} == {Locked}


def test_what_was_counted_long_ago_is_removed_unless_it_locks(bank: Bank) -> None:
    guess_password(bank)
    rows = attempts.attempts.select()
    bank.clock.advance(sweeps.ATTEMPTS_KEPT // 1_000_000 - 1)
    with bank.db.write() as connection:
        assert sweeps.attempts(connection, bank.clock.now(), 10) == 0
        assert len(connection.execute(rows).all()) == 2
    bank.clock.advance(2)
    with bank.db.write() as connection:
        assert sweeps.attempts(connection, bank.clock.now(), 10) == 2
        assert connection.execute(rows).all() == []


def test_a_lock_that_lasts_longer_than_wrong_answers_are_kept_is_not_swept(bank: Bank) -> None:
    lock(bank)
    late = bank.clock.now() + sweeps.ATTEMPTS_KEPT + 1
    with bank.db.write() as connection:
        connection.execute(
            attempts.attempts.update().where(attempts.attempts.c.locked_until > 0).values(locked_until=late + 1)
        )
        sweeps.attempts(connection, late, 10)
        assert attempts.any_lock(connection, bank.policy.tries, OWNER, late) is not None
        sweeps.attempts(connection, late + 1, 10)
        assert connection.execute(attempts.attempts.select()).all() == []
