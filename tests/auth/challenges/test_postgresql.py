"""The same in PostgreSQL, where two transactions really write at once: what must happen once, and what is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import test_attempts as attempts
import test_challenges as challenges
import test_evidence as evidence
import test_factors as factors
import test_places as places
from proving import OWNER, PIN, SMALL, Bank

from feiqian.auth.challenges.errors import ChallengeOver
from feiqian.auth.challenges.model import ChallengeView, Passed
from feiqian.policy.factors import Factor
from feiqian.testing.postgres import Postgres

# Those in which a statement's outcome, a lock on a row or a type of the database matters.
TOLD: list[Callable[[Bank], None]] = [
    challenges.test_a_payment_is_confirmed_by_pin_and_a_code,
    challenges.test_abuse_37_a_code_is_used_once,
    challenges.test_abuse_37_a_passed_challenge_is_spent_once_however_many_spend_it,
    challenges.test_what_ended_long_ago_is_removed,
    factors.test_a_new_password_replaces_the_old,
    factors.test_abuse_37_a_tokens_code_is_accepted_once_even_in_parallel,
    factors.test_one_signs_in_by_passkey_without_a_name,
    factors.test_factors_are_listed_and_removed_by_their_owner,
    attempts.test_each_lock_in_a_row_lasts_longer_and_the_owner_is_told_once,
    attempts.test_abuse_44_recovery_by_codes_that_nobody_can_guess_opens_a_lock,
    attempts.test_abuse_41_a_storm_of_challenges_leaves_three,
    evidence.test_what_is_kept_and_for_whom,
    places.test_abuse_36_unknown_devices_share_five_tries_and_each_known_one_has_five,
    places.test_abuse_75_a_strangers_wrong_answers_do_not_lock_the_owner_on_a_known_device,
    places.test_abuse_80_a_key_lifts_a_lock_but_gives_no_pins_back_for_the_day,
    places.test_what_was_counted_long_ago_is_removed_unless_it_locks,
]


@pytest.fixture
def bank(postgres: Postgres, tmp_path: Path) -> Iterator[Bank]:
    bank = Bank(tmp_path, postgres.database())
    yield bank
    bank.close()


@pytest.mark.parametrize("told", TOLD, ids=lambda told: told.__name__.removeprefix("test_"))
def test_it_is_the_same_in_postgresql(bank: Bank, told: Callable[[Bank], None]) -> None:
    told(bank)


def test_abuse_36_guesses_at_once_share_five_tries_in_postgresql(bank: Bank) -> None:
    attempts.check_storm(bank, OWNER)


def test_beginning_answering_and_spending_at_once_never_wait_for_each_other_in_a_circle(bank: Bank) -> None:
    spent = [bank.passed() for _ in range(3)]

    async def all_at_once() -> list[object]:
        begun = [await bank.verification.begin(OWNER, SMALL, "en", (frozenset({Factor.PIN}),)) for _ in range(3)]
        work = [bank.verification.begin(OWNER, SMALL, "en") for _ in range(10)]
        work += [bank.verification.answer(view.id, OWNER, Factor.PIN, PIN) for view in begun]
        return await asyncio.gather(
            *work, *(bank.verification.consume(id, OWNER, SMALL) for id in spent), return_exceptions=True
        )

    outcomes = bank.run(all_at_once())
    assert all(isinstance(one, ChallengeView | Passed | ChallengeOver) for one in outcomes)


def test_two_factors_that_are_answered_at_once_are_both_taken(bank: Bank) -> None:
    for _ in range(5):
        bank.clock.advance(3600)
        id = bank.begin().id
        code = bank.send(id)

        async def both(id: str = id, code: str = code) -> None:
            await asyncio.gather(
                bank.verification.answer(id, OWNER, Factor.PIN, PIN),
                bank.verification.answer(id, OWNER, Factor.SMS, code),
            )

        bank.run(both())
        assert bank.run(bank.verification.view(id, OWNER)).state == "passed"
