"""Answers to challenges, compared by factor. What could be guessed passes the guard first; what is signed does not.

A try is taken, the answer is compared, the outcome is written, and whatever serves once (a code, a token's step, a
key's count) is used up by one SQL statement: all in one transaction. Passwords and PINs take two, because their hashes
are slow and a transaction that writes keeps all others waiting: the try is committed before the hash is computed. Both
are one piece of work, begun when its turn has come: what is refused because too much waits was never counted, and a
client who goes away changes nothing. Only a crash in between leaves tries counted without an outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.auth.challenges import attempts, codes, credentials, evidence, store, strength, totp
from feiqian.auth.challenges.contact_resolver import CHANNELS
from feiqian.auth.challenges.errors import (
    AnswerMalformed,
    AnswerWrong,
    ChallengeOver,
    FactorNotEnrolled,
    Locked,
    VerificationError,
)
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.forms import read_answer
from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.challenges.passkeys import read_response
from feiqian.auth.challenges.store import Challenge
from feiqian.clock import Clock
from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.policy.factors import GUESSABLE, Factor, Purpose
from feiqian.runtime.transactions import Refused
from feiqian.subjects import Subject

Told = Callable[[Connection, ChallengeView | VerificationError], None]
SLOW = (Factor.PASSWORD, Factor.PIN)  # whose hashes are slow
LENGTHS = {
    Factor.PIN: strength.PIN_DIGITS,
    Factor.SMS: codes.DIGITS,
    Factor.EMAIL: codes.DIGITS,
    Factor.TOTP: totp.DIGITS,
}
_ORDER = {factor: place for place, factor in enumerate(Factor)}


class _Attempt(NamedTuple):
    """An answer about to be compared. `secret` is what it is compared with, None if there is nothing."""

    challenge: Challenge
    factor: Factor
    secret: bytes | None
    answer: str
    counted: bool  # a try was taken
    last: bool  # and it was the last


class Answers:
    """Compares answers, and says how far a challenge is."""

    def __init__(self, db: BankDb, cipher: FieldCipher, clock: Clock, factors: Factors) -> None:
        self._db, self._cipher, self._clock = db, cipher, clock
        self._factors, self._limiter, self._resolver = factors, factors.limiter, factors.resolver
        self._voided: dict[str, int] = {}

    # --- challenges --------------------------------------------------------------------------------------------

    def load(self, connection: Connection, id: str, subject: Subject, *, lock: bool = False) -> Challenge:
        """Raises ChallengeNotFound."""
        challenge = store.load(connection, self._cipher, id, subject, lock=lock)
        return replace(challenge, state="void") if id in self._voided and challenge.state != "spent" else challenge

    def remember_void(self, challenge: Challenge, now: int) -> None:
        """A challenge that is void whatever its row says, until it would have ended anyway."""
        self._voided = {id: end for id, end in self._voided.items() if end > now} | {challenge.id: challenge.expires_at}

    def open(
        self, connection: Connection, id: str, subject: Subject, factor: Factor, now: int, *, lock: bool = False
    ) -> Challenge:
        """A challenge that waits for this factor. Raises ChallengeNotFound, ChallengeOver, FactorNotEnrolled."""
        challenge = self.load(connection, id, subject, lock=lock)
        return _waiting(challenge, factor, now)

    def view(self, connection: Connection, challenge: Challenge, now: int) -> ChallengeView:
        state, stranger = challenge.state_at(now), challenge.by_stranger
        offered = {factor for combination in challenge.combinations for factor in combination}
        # A key opens a lock, and so do the codes of a recovery.
        if state == "open" and challenge.purpose is not Purpose.RECOVERY and not offered & set(credentials.KEYS):
            held = self._limiter.lock_of(connection, challenge.subject, challenge.place, None, now)
            state = "locked" if held else state
        masked = {} if stranger else self._resolver.masked(connection, challenge.subject)
        return ChallengeView(
            id=challenge.id,
            purpose=challenge.purpose,
            text=challenge.text,
            combinations=tuple(tuple(sorted(c, key=_ORDER.__getitem__)) for c in challenge.combinations),
            passed=challenge.passed,
            state=state,
            expires_at=challenge.expires_at,
            sent_to={factor: address for factor, address in masked.items() if factor in offered},
            tries_left=self._limiter.left(connection, challenge.subject, challenge.place, None, now),
            digits=self._digits(connection, challenge, offered, now),
            locked=self._locked(connection, challenge, offered, now),
        )

    def _locked(
        self, connection: Connection, challenge: Challenge, offered: Iterable[Factor], now: int
    ) -> dict[Factor, int]:
        """What can be guessed and still has to be shown, while it is locked. Codes of a recovery never are."""
        asked = sorted(set(offered) & GUESSABLE - set(challenge.passed), key=_ORDER.__getitem__)
        if challenge.purpose is Purpose.RECOVERY:
            asked = [factor for factor in asked if factor not in CHANNELS]
        return self._limiter.locks_of(connection, challenge.subject, challenge.place, asked, now)

    def _digits(
        self, connection: Connection, challenge: Challenge, offered: Iterable[Factor], now: int
    ) -> dict[Factor, int]:
        """How long the next answer is: of codes, the one that was sent last, or that would be sent now."""
        digits = {factor: LENGTHS[factor] for factor in LENGTHS if factor in offered}
        if challenge.purpose is Purpose.RECOVERY:
            locks = self._limiter.locks_of(connection, challenge.subject, challenge.place, CHANNELS, now)
            for factor in digits.keys() & CHANNELS.keys():
                if factor in locks or codes.sent(connection, challenge.id, factor).waits_long:
                    digits[factor] = codes.LONG_DIGITS
        return digits

    # --- what could be guessed ---------------------------------------------------------------------------------

    def enter(
        self, connection: Connection, id: str, subject: Subject, factor: Factor, answer: str
    ) -> ChallengeView | Refused:
        """A code, or a token's. Raises AnswerMalformed, which takes no try, Locked, and what `open` raises."""
        now = self._clock.now()
        attempts.hold(connection, subject, now)  # before the challenge, as wherever both are held
        attempt = self._take(connection, id, subject, factor, answer, now)
        outcome = self._outcome(connection, attempt, False, now)
        return Refused(outcome) if isinstance(outcome, VerificationError) else outcome

    def check(self, connection: Connection, challenge: Challenge, factor: Factor, answer: str) -> str:
        """Before an answer waits for its turn; its account in `heavy_for`. Raises AnswerMalformed, Locked."""
        now = self._clock.now()
        _waiting(challenge, factor, now)
        read_answer(factor, answer)
        stranger = challenge.by_stranger
        self._limiter.check(connection, challenge.subject, challenge.place, factor, now, stranger=stranger)
        # A known device has turns of its own, as it has tries of its own.
        return f"{challenge.subject} {challenge.place}"

    def compare(
        self, id: str, subject: Subject, factor: Factor, answer: str, told: Told | None = None
    ) -> ChallengeView:
        """A password or PIN; blocks for as long as its hash takes. `told` writes, where it is decided, what follows."""
        try:
            with self._db.write() as connection:
                attempt = self._take(connection, id, subject, factor, answer, self._clock.now())
        except Locked as locked:
            with self._db.write() as connection:
                if told is not None:
                    told(connection, locked)
            raise
        right = self._factors.hasher.matches(_text(attempt.secret), attempt.answer)
        with self._db.write() as connection:
            now = self._clock.now()
            attempts.hold(connection, subject, now)
            outcome = self._outcome(connection, attempt, right, now)
            if told is not None:
                told(connection, outcome)
        if isinstance(outcome, VerificationError):
            raise outcome
        if right:
            self._freshen(attempt)
        return outcome

    def _take(
        self, connection: Connection, id: str, subject: Subject, factor: Factor, answer: str, now: int
    ) -> _Attempt:
        challenge = self.open(connection, id, subject, factor, now)
        answer = read_answer(factor, answer)  # before a try is taken: who mistypes does not guess
        secret, long = self._secret(connection, challenge, factor)
        secret = None if challenge.hopeless else secret
        if factor in CHANNELS and len(answer) != codes.length(long):
            raise AnswerMalformed(factor)
        if long:
            if not codes.take_long(connection, id, factor):
                raise AnswerWrong(0)
            return _Attempt(challenge, factor, secret, answer, False, False)
        stranger = challenge.by_stranger
        last = self._limiter.take(connection, subject, challenge.place, factor, now, stranger=stranger)
        return _Attempt(challenge, factor, secret, answer, True, last)

    def _secret(self, connection: Connection, challenge: Challenge, factor: Factor) -> tuple[bytes | None, bool]:
        """What the answer is compared with; and whether it is too long to be guessed."""
        if factor not in CHANNELS:
            return credentials.secret_of(connection, challenge.subject, factor), False
        sent = codes.sent(connection, challenge.id, factor)
        reached = factor in self._resolver.channels(connection, challenge.subject)
        return (sent.hash if reached else None), sent.long

    def _outcome(
        self, connection: Connection, attempt: _Attempt, known: bool, now: int
    ) -> ChallengeView | VerificationError:
        """Writes what came of an answer, and returns it; `known`: it is the right password or PIN."""
        step = self._step(attempt, now)
        if known or step is not None or self._is_code(attempt):
            view = self._right(connection, attempt, step, now)
            if view is not None:
                return view
        return self._wrong(connection, attempt, now)

    def _step(self, attempt: _Attempt, now: int) -> int | None:
        if attempt.factor is not Factor.TOTP or attempt.secret is None:
            return None
        secret = credentials.token_secret(self._cipher, attempt.challenge.subject, attempt.secret)
        return totp.step_of(secret, attempt.answer, now)

    def _is_code(self, attempt: _Attempt) -> bool:
        if attempt.factor not in CHANNELS:
            return False
        return codes.matches(self._cipher, attempt.challenge.id, attempt.factor, attempt.secret, attempt.answer)

    def _right(self, connection: Connection, attempt: _Attempt, step: int | None, now: int) -> ChallengeView | None:
        """Writes that the factor was passed; None if somebody else has used the answer up."""
        factor, subject = attempt.factor, attempt.challenge.subject
        challenge = self.open(connection, attempt.challenge.id, subject, factor, now, lock=True)
        if factor in CHANNELS:
            if attempt.secret is None or not codes.enter(connection, challenge.id, factor, attempt.secret):
                return None
            self._resolver.entered(connection, subject, factor, now)
        elif step is not None:
            if not credentials.take_step(connection, subject, step, now):
                return None
        else:
            credentials.used_secret(connection, subject, factor, now)
        if attempt.counted:
            attempts.give_back(connection, self._limiter.rules, subject, challenge.place, factor, now)
        return self._passed(connection, challenge, factor, now)

    def _wrong(self, connection: Connection, attempt: _Attempt, now: int) -> VerificationError:
        challenge, factor = attempt.challenge, attempt.factor
        subject, stranger = challenge.subject, challenge.by_stranger
        if not attempt.counted:
            return AnswerWrong(self._limiter.left(connection, subject, challenge.place, factor, now))
        return self._limiter.wrong(
            connection, subject, challenge.place, factor, now, last=attempt.last, stranger=stranger
        )

    def _freshen(self, attempt: _Attempt) -> None:
        """Hashes again what was hashed with other parameters, or in another form, than are used now."""
        hasher, old = self._factors.hasher, attempt.secret or b""
        if hasher.outdated(old.decode(), attempt.answer):
            new = hasher.hash(attempt.answer).encode()
            with self._db.write() as connection:
                credentials.rehash(connection, attempt.challenge.subject, attempt.factor, old, new)

    # --- what is signed ----------------------------------------------------------------------------------------

    def sign(self, connection: Connection, id: str, subject: Subject, factor: Factor, response: str) -> ChallengeView:
        """A passkey's or shield's answer. Cannot be guessed, so it is neither counted nor locked out."""
        now = self._clock.now()
        challenge = self.open(connection, id, subject, factor, now)
        key = self.key_of(connection, response)
        if key is None or challenge.hopeless or (key.subject, key.factor) != (subject, factor):
            raise AnswerWrong(self._limiter.left(connection, subject, challenge.place, None, now))
        return self.signed(connection, challenge, key, response)

    def key_of(self, connection: Connection, response: str) -> credentials.Key | None:
        """The enrolled key that a response says it is of."""
        answered = read_response(response)
        return None if answered is None else credentials.key_by_credential(connection, answered.raw_id)

    def signed(
        self, connection: Connection, challenge: Challenge, key: credentials.Key, response: str, *, stored: bool = True
    ) -> ChallengeView:
        """Checks a key's signature of the challenge's text; the challenge is that subject's from now on.

        One that is not `stored` is stored now, unless it was before: then it is spent.

        Raises AnswerWrong, ChallengeOver, FactorNotEnrolled.
        """
        now, answered = self._clock.now(), read_response(response)
        signed = None
        if answered is not None:
            signed = self._factors.party.signed(answered, challenge.text, key.public_key)
        attempts.hold(connection, key.subject, now)
        if not stored and signed is not None and not store.add(connection, self._cipher, challenge):
            raise ChallengeOver("spent")
        if stored or signed is not None:
            challenge = self.open(connection, challenge.id, challenge.subject, key.factor, now, lock=True)
        if signed is None or not credentials.take_count(connection, key, signed, now):
            raise AnswerWrong(self._limiter.left(connection, key.subject, challenge.place, None, now))
        if evidence.is_kept(key.factor, challenge.purpose):
            what = (key.subject, challenge.text, key.factor)
            kept = evidence.keep(connection, self._cipher, self._factors.party, what, key.public_key, signed, now)
            challenge = replace(challenge, evidence=kept)
        attempts.lift(connection, key.subject, now)
        return self._passed(connection, replace(challenge, subject=key.subject), key.factor, now)

    # --- both --------------------------------------------------------------------------------------------------

    def _passed(self, connection: Connection, challenge: Challenge, factor: Factor, now: int) -> ChallengeView:
        """One factor more. What is left to combine it with is what they have; once all is passed, what was wrong before
        of the factors that passed is forgotten, and of no other: a PIN is not guessed anew after each sign-in."""
        held = self._factors.all_of(connection, challenge.subject) | {factor}
        left = tuple(combination for combination in challenge.combinations if combination <= held)
        challenge = replace(challenge, passed=(*challenge.passed, factor), combinations=left)
        challenge = store.record(connection, challenge, now)
        if challenge.state == "passed":
            attempts.forget(connection, challenge.subject, challenge.place, challenge.passed, now)
            if challenge.purpose is Purpose.RECOVERY:  # by two channels, with codes that cannot be guessed under a lock
                attempts.lift(connection, challenge.subject, now)
        return self.view(connection, challenge, now)


def _waiting(challenge: Challenge, factor: Factor, now: int) -> Challenge:
    state = challenge.state_at(now)
    if state != "open":
        raise ChallengeOver(state)
    if not challenge.asks(factor):
        raise FactorNotEnrolled(factor)
    return challenge


def _text(secret: bytes | None) -> str | None:
    return None if secret is None else secret.decode()
