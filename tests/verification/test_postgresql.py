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
from proving import OWNER, PIN, Bank

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
]


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture
def bank(server: Postgres, tmp_path: Path) -> Iterator[Bank]:
    bank = Bank(tmp_path, server.database())
    yield bank
    bank.close()


@pytest.mark.parametrize("told", TOLD, ids=lambda told: told.__name__.removeprefix("test_"))
def test_it_is_the_same_in_postgresql(bank: Bank, told: Callable[[Bank], None]) -> None:
    told(bank)


def test_abuse_36_guesses_at_once_share_five_tries_in_postgresql(bank: Bank) -> None:
    attempts.check_storm(bank, OWNER)


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
