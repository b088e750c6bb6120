"""Few wrong answers of a place, then a lock that grows; the ways back, and that an attacker cannot close them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from authenticator import Authenticator
from proving import NOBODY, OTHER, OWNER, PASSWORD, PIN, SIGN_IN, SMALL, Bank

from feiqian.auth.challenges.codes import LONG_DIGITS
from feiqian.auth.challenges.errors import AnswerWrong, CodeThrottled, Locked
from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.policy.factors import Factor, Purpose
from feiqian.runtime.work import TooBusy
from feiqian.subjects import Subject, staff

RECOVERY = ChallengeBinding(purpose=Purpose.RECOVERY)
BY_SMS, BY_PIN = (frozenset({Factor.SMS}),), (frozenset({Factor.PIN}),)


def guess(bank: Bank, subject: Subject = OWNER) -> AnswerWrong | Locked:
    view = bank.begin(SIGN_IN, subject)
    with pytest.raises((AnswerWrong, Locked)) as wrong:
        bank.answer(view.id, Factor.PASSWORD, "a wrong password", subject)
    assert isinstance(wrong.value, AnswerWrong | Locked)
    return wrong.value


def lock(bank: Bank, subject: Subject = OWNER) -> Locked:
    for left in range(bank.policy.tries.at_most - 1, 0, -1):
        wrong = guess(bank, subject)
        assert isinstance(wrong, AnswerWrong)
        assert wrong.tries_left == left
    locked = guess(bank, subject)
    assert isinstance(locked, Locked)
    return locked


def storm(bank: Bank, subject: Subject) -> list[Any]:
    """Twenty sessions at once, each with its own challenge, all by different factors and ways in."""

    async def all_at_once() -> list[Any]:
        asked = [bank.verification.begin(subject, SIGN_IN, "en") for _ in range(3)]
        asked += [bank.verification.begin(subject, SMALL, "en", BY_PIN) for _ in range(3)]
        views = await asyncio.gather(*asked)
        answers: list[Any] = [
            bank.verification.answer(view.id, subject, Factor.PASSWORD, f"wrong {number}")
            for number in range(6)
            for view in views[:3]
        ]
        answers += [
            bank.verification.answer(view.id, subject, Factor.PIN, f"99{number:04d}")
            for number in range(6)
            for view in views[3:]
        ]
        answers += [
            bank.verification.answer(views[0].id, subject, Factor.PASSWORD, f"wrong again {number}")
            for number in range(4)
        ]
        return await asyncio.gather(*answers, return_exceptions=True)

    return bank.run(all_at_once())


def check_storm(bank: Bank, subject: Subject) -> None:
    answered = storm(bank, subject)
    assert len(answered) == 40
    assert 1 <= len(bank.hasher.compared) <= bank.policy.tries.at_most
    assert all(isinstance(one, AnswerWrong | Locked | TooBusy) for one in answered)
    assert bank.sent.told == ([] if subject == NOBODY else [(subject, "locked")])
    bank.hasher.compared.clear()
    assert isinstance(guess(bank, subject), Locked)
    assert bank.hasher.compared == []


@pytest.mark.parametrize("subject", [OWNER, NOBODY], ids=str)
def test_abuse_36_guesses_over_parallel_sessions_and_factors_share_five_tries(bank: Bank, subject: Subject) -> None:
    check_storm(bank, subject)


def test_abuse_36_codes_are_compared_five_times_in_all(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    from feiqian.auth.challenges import codes

    compared: list[str] = []
    matches = codes.matches

    def counted(*arguments: Any) -> bool:
        compared.append(arguments[-1])
        return matches(*arguments)

    monkeypatch.setattr(codes, "matches", counted)
    ids = [bank.begin(SMALL, needs=BY_SMS).id for _ in range(3)]
    for id in ids:
        bank.send(id)

    async def all_at_once() -> list[Any]:
        answers = [bank.verification.answer(id, OWNER, Factor.SMS, f"{n:06d}") for n in range(30) for id in ids]
        return await asyncio.gather(*answers, return_exceptions=True)

    bank.run(all_at_once())
    assert len(compared) <= bank.policy.tries.at_most


def test_while_a_lock_holds_even_the_right_answer_is_not_compared(bank: Bank) -> None:
    token = bank.token()
    payment, by_code = bank.begin(SMALL), bank.begin(SMALL, needs=BY_SMS)
    by_token = bank.begin(SMALL, needs=(frozenset({Factor.TOTP}),))
    code = bank.send(by_code.id)
    lock(bank)
    bank.hasher.compared.clear()
    rights = [(payment.id, Factor.PIN, PIN), (bank.begin(SIGN_IN).id, Factor.PASSWORD, PASSWORD)]
    rights += [(by_code.id, Factor.SMS, code), (by_token.id, Factor.TOTP, bank.code_of(token))]
    for id, factor, right in rights:
        with pytest.raises(Locked):
            bank.answer(id, factor, right)
    with pytest.raises(Locked):
        bank.is_password(PASSWORD)
    with pytest.raises(Locked):
        bank.send(by_code.id)
    assert bank.hasher.compared == []
    assert bank.run(bank.verification.view(payment.id, OWNER)).state == "locked"


def test_each_lock_in_a_row_lasts_longer_and_the_owner_is_told_once(bank: Bank) -> None:
    bank.factors.limiter.rules = replace(bank.policy.tries, per_factor_day=60)  # so that no day is used up
    minutes = bank.policy.tries.lock_minutes
    for times, expected in enumerate([*minutes, minutes[-1]], 1):
        locked = lock(bank)
        assert locked.until == bank.clock.now() + expected * 60_000_000
        assert bank.sent.told == [(OWNER, "locked")] * times
        bank.clock.advance(expected * 60)
    assert bank.is_password(PASSWORD)


def test_a_first_factor_alone_does_not_reset_the_count(bank: Bank) -> None:
    for _ in range(3):
        guess(bank)
    view = bank.begin(SIGN_IN)
    assert bank.answer(view.id, Factor.PASSWORD, PASSWORD).tries_left == 2
    assert bank.is_password(PASSWORD)
    wrong = guess(bank)
    assert isinstance(wrong, AnswerWrong)
    assert wrong.tries_left == 1


def test_a_whole_challenge_resets_the_count(bank: Bank) -> None:
    for _ in range(3):
        guess(bank)
    view = bank.begin(SIGN_IN)
    bank.answer(view.id, Factor.PASSWORD, PASSWORD)
    view = bank.answer(view.id, Factor.SMS, bank.send(view.id))
    assert (view.state, view.tries_left) == ("passed", 5)


def test_the_last_try_may_be_the_right_one(bank: Bank) -> None:
    for _ in range(4):
        guess(bank)
    assert bank.answer(bank.begin(SIGN_IN).id, Factor.PASSWORD, PASSWORD).tries_left == 1


def test_others_are_not_counted_for_somebodys_guesses(bank: Bank) -> None:
    lock(bank)
    assert bank.is_password(PASSWORD, OTHER)


def test_nobody_is_counted_locked_and_compared_like_somebody(bank: Bank) -> None:
    bank.enrol(Authenticator(), Factor.PASSKEY)
    known, unknown = lock(bank, OWNER), lock(bank, NOBODY)
    assert (known.until, known.ways) == (unknown.until, unknown.ways)
    assert bank.hasher.with_nothing == bank.policy.tries.at_most  # a whole hash was computed for nobody, too
    assert len(bank.hasher.compared) == 2 * bank.policy.tries.at_most


@pytest.mark.parametrize("factor", [Factor.PASSKEY, Factor.SHIELD])
def test_abuse_44_an_enrolled_key_opens_a_lock_and_wrong_signatures_are_not_counted(bank: Bank, factor: Factor) -> None:
    key, strange = Authenticator(), Authenticator()
    bank.enrol(key, factor)
    lock(bank)
    view = bank.begin(SMALL)
    assert view.state == "open"
    for _ in range(2 * bank.policy.tries.at_most):
        with pytest.raises(AnswerWrong):
            bank.sign(view.id, strange, factor)
    with pytest.raises(Locked) as locked:
        bank.answer(view.id, Factor.PIN, PIN)
    assert locked.value.ways == (factor,)
    assert bank.sign(view.id, key, factor).state == "passed"
    assert bank.is_password(PASSWORD)


def test_abuse_44_signing_in_by_passkey_opens_a_lock(bank: Bank) -> None:
    key = Authenticator()
    bank.enrol(key, Factor.PASSKEY)
    lock(bank)
    id, options = bank.verification.begin_passkey_sign_in("en")
    subject, view = bank.run(bank.verification.answer_passkey_sign_in(id, key.get(options)))
    assert (subject, view.state, view.tries_left) == (OWNER, "passed", 5)


def test_abuse_44_recovery_by_codes_that_nobody_can_guess_opens_a_lock(bank: Bank) -> None:
    lock(bank)
    view = bank.begin(RECOVERY)
    assert view.state == "open"
    by_sms, by_email = bank.send(view.id), bank.send(view.id, Factor.EMAIL)
    assert len(by_sms.replace(" ", "")) == len(by_email.replace(" ", "")) == LONG_DIGITS
    with pytest.raises(AnswerWrong):
        bank.answer(view.id, Factor.SMS, "1234 5678 9012 3456")
    assert bank.answer(view.id, Factor.SMS, by_sms).state == "open"
    assert bank.answer(view.id, Factor.EMAIL, by_email).state == "passed"
    assert bank.is_password(PASSWORD)


def test_a_long_code_is_not_answered_for_ever(bank: Bank) -> None:
    lock(bank)
    id = bank.begin(RECOVERY).id
    code = bank.send(id)
    for _ in range(5):
        with pytest.raises(AnswerWrong):
            bank.answer(id, Factor.SMS, "1234 5678 9012 3456")
    with pytest.raises(AnswerWrong):
        bank.answer(id, Factor.SMS, code)
    bank.clock.advance(30)
    assert bank.answer(id, Factor.SMS, bank.send(id)).passed == (Factor.SMS,)


def test_abuse_44_staff_open_a_lock(bank: Bank) -> None:
    until = lock(bank).until
    with bank.db.write() as connection:
        held = bank.verification.lock_of(connection, OWNER)
        assert held is not None
        assert (held.until, held.times) == (until, 1)
        bank.verification.unlock(connection, OWNER, staff(3))
        assert bank.verification.lock_of(connection, OWNER) is None
    assert bank.is_password(PASSWORD)


def test_abuse_44_a_stranger_who_begins_many_does_not_end_what_the_owner_is_about_to_pass(bank: Bank) -> None:
    view = bank.begin(SIGN_IN)
    bank.answer(view.id, Factor.PASSWORD, PASSWORD)
    for _ in range(20):
        bank.begin(SIGN_IN)
    assert bank.answer(view.id, Factor.SMS, bank.send(view.id)).state == "passed"


@pytest.mark.parametrize("subject", [OWNER, NOBODY], ids=str)
def test_abuse_41_a_code_is_sent_again_only_after_a_while_and_three_times(bank: Bank, subject: Subject) -> None:
    id = bank.begin(RECOVERY, subject).id
    for sent in range(3):
        bank.send(id, Factor.SMS, subject)
        with pytest.raises(CodeThrottled) as throttled:
            bank.send(id, Factor.SMS, subject)
        assert throttled.value.again_at == (bank.clock.now() + 30_000_000 if sent < 2 else 0)
        bank.clock.advance(30)
    with pytest.raises(CodeThrottled):
        bank.send(id, Factor.SMS, subject)


@pytest.mark.parametrize("subject", [OWNER, NOBODY], ids=str)
def test_abuse_41_codes_by_new_challenges_are_capped_for_known_and_unknown_alike(bank: Bank, subject: Subject) -> None:
    most = bank.policy.sending.per_number_hour
    for _ in range(most):
        bank.send(bank.begin(RECOVERY, subject).id, Factor.SMS, subject)
        bank.clock.advance(60)
    with pytest.raises(CodeThrottled) as throttled:
        bank.send(bank.begin(RECOVERY, subject).id, Factor.SMS, subject)
    assert throttled.value.again_at > bank.clock.now()


def test_abuse_41_a_storm_of_challenges_leaves_three(bank: Bank) -> None:
    ids = []
    for _ in range(10):
        ids.append(bank.begin(SMALL).id)
        bank.clock.advance(1)
    states = [bank.run(bank.verification.view(id, OWNER)).state for id in ids]
    assert states == ["void"] * 7 + ["open"] * 3
    assert bank.begin(SIGN_IN).state == "open"


def test_abuse_42_recovery_needs_both_channels_whatever_comes_first(bank: Bank) -> None:
    from feiqian.auth.challenges.errors import FactorNotEnrolled, NotPassed

    for first, second in ((Factor.SMS, Factor.EMAIL), (Factor.EMAIL, Factor.SMS)):
        id = bank.begin(RECOVERY).id
        assert bank.answer(id, first, bank.send(id, first)).state == "open"
        with pytest.raises(NotPassed):
            bank.run(bank.verification.consume(id, OWNER, RECOVERY))
        with pytest.raises(FactorNotEnrolled):
            bank.answer(id, first, bank.sent.code)
        assert bank.answer(id, second, bank.send(id, second)).state == "passed"
        bank.clock.advance(60)


def test_abuse_43_messages_go_to_those_who_are_known_and_everybody_sees_the_same(bank: Bank) -> None:
    for subject in (OWNER, OTHER, NOBODY):
        view = bank.begin(RECOVERY, subject)
        shown = bank.run(bank.verification.send(view.id, subject, Factor.EMAIL))
        assert shown == view


def test_abuse_44_a_key_opens_a_lock_even_where_it_is_only_a_part(bank: Bank) -> None:
    key = Authenticator()
    bank.enrol(key, Factor.PASSKEY)
    lock(bank)
    id = bank.begin(SMALL, needs=(frozenset({Factor.PIN, Factor.PASSKEY}),)).id
    assert bank.sign(id, key, Factor.PASSKEY).state == "open"
    assert bank.answer(id, Factor.PIN, PIN).state == "passed"
