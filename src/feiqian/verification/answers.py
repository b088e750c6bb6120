"""Answers to challenges, compared by factor. What could be guessed passes the guard first; what is signed does not.

In three steps, each its own transaction: a try is taken; the answer is compared; the outcome is written, and whatever
serves once (a code, a token's step, a key's count) is used up by one SQL statement.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.clock import Clock
from feiqian.db import BankDb
from feiqian.policy.factors import Factor, Purpose
from feiqian.sealing import Sealer
from feiqian.subjects import Subject
from feiqian.verification import codes, credentials, evidence, store, totp, tries
from feiqian.verification.errors import AnswerWrong, ChallengeOver, FactorNotEnrolled, VerificationError
from feiqian.verification.factors import Factors
from feiqian.verification.model import ChallengeView
from feiqian.verification.passkeys import read_response
from feiqian.verification.reach import CHANNELS
from feiqian.verification.store import Challenge
from feiqian.work import Work

KNOWN = (Factor.PASSWORD, Factor.PIN)
_ORDER = {factor: place for place, factor in enumerate(Factor)}


class _Attempt(NamedTuple):
    """An answer about to be compared. `secret` is what it is compared with, None if there is nothing."""

    challenge: Challenge
    factor: Factor
    secret: bytes | None
    counted: bool  # a try was taken
    last: bool  # and it was the last


class Answers:
    """Compares answers, and says how far a challenge is."""

    def __init__(self, db: BankDb, sealer: Sealer, clock: Clock, work: Work, factors: Factors) -> None:
        self._db, self._sealer, self._clock, self._work = db, sealer, clock, work
        self._factors, self._guard, self._reach = factors, factors.guard, factors.reach
        self._voided: dict[str, int] = {}

    # --- challenges --------------------------------------------------------------------------------------------

    def load(self, connection: Connection, id: str, subject: Subject, *, lock: bool = False) -> Challenge:
        """Raises ChallengeNotFound."""
        challenge = store.load(connection, self._sealer, id, subject, lock=lock)
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
            state = "locked" if tries.lock_of(connection, challenge.subject, now) else state
        masked = {} if stranger else self._reach.masked(connection, challenge.subject)
        return ChallengeView(
            id=challenge.id,
            purpose=challenge.purpose,
            text=challenge.text,
            combinations=tuple(tuple(sorted(c, key=_ORDER.__getitem__)) for c in challenge.combinations),
            passed=challenge.passed,
            state=state,
            expires_at=challenge.expires_at,
            sent_to={factor: address for factor, address in masked.items() if factor in offered},
            tries_left=tries.left(connection, self._guard.rules, challenge.subject, now),
        )

    # --- what could be guessed ---------------------------------------------------------------------------------

    async def guess(self, id: str, subject: Subject, factor: Factor, answer: str) -> ChallengeView:
        """A password, PIN or code."""
        attempt = await self._work.db(self._take, id, subject, factor)
        known = False
        if factor in KNOWN:
            hash = None if attempt.secret is None else attempt.secret.decode()
            known = await self._work.heavy(self._factors.hasher.matches, hash, answer)
        view = await self._work.db(self._settle, attempt, answer, known)
        if known:
            await self._freshen(attempt, answer)
        return view

    def _take(self, id: str, subject: Subject, factor: Factor) -> _Attempt:
        now = self._clock.now()
        with self._db.write() as connection:
            challenge = self.open(connection, id, subject, factor, now)
            secret, long = self._secret(connection, challenge, factor)
            secret = None if challenge.hopeless else secret
            if long:
                if not codes.take_long(connection, id, factor):
                    raise AnswerWrong(0)
                return _Attempt(challenge, factor, secret, False, False)
            last = self._guard.take(connection, subject, now, stranger=challenge.by_stranger)
            return _Attempt(challenge, factor, secret, True, last)

    def _secret(self, connection: Connection, challenge: Challenge, factor: Factor) -> tuple[bytes | None, bool]:
        """What the answer is compared with; and whether it is too long to be guessed."""
        if factor not in CHANNELS:
            return credentials.secret_of(connection, challenge.subject, factor), False
        sent = codes.sent(connection, challenge.id, factor)
        reached = factor in self._reach.channels(connection, challenge.subject)
        return (sent.hash if reached else None), sent.long

    def _settle(self, attempt: _Attempt, answer: str, known: bool) -> ChallengeView:
        now = self._clock.now()
        step = self._step(attempt, answer, now)
        with self._db.write() as connection:
            if known or step is not None or self._is_code(attempt, answer):
                view = self._right(connection, attempt, step, now)
                if view is not None:
                    return view
            error = self._wrong(connection, attempt, now)
        raise error

    def _step(self, attempt: _Attempt, answer: str, now: int) -> int | None:
        if attempt.factor is not Factor.TOTP or attempt.secret is None:
            return None
        secret = credentials.token_secret(self._sealer, attempt.challenge.subject, attempt.secret)
        return totp.step_of(secret, answer.strip(), now)

    def _is_code(self, attempt: _Attempt, answer: str) -> bool:
        if attempt.factor not in CHANNELS:
            return False
        return codes.matches(self._sealer, attempt.challenge.id, attempt.factor, attempt.secret, answer)

    def _right(self, connection: Connection, attempt: _Attempt, step: int | None, now: int) -> ChallengeView | None:
        """Writes that the factor was passed; None if somebody else has used the answer up."""
        factor, subject = attempt.factor, attempt.challenge.subject
        challenge = self.open(connection, attempt.challenge.id, subject, factor, now, lock=True)
        if factor in CHANNELS:
            if attempt.secret is None or not codes.enter(connection, challenge.id, factor, attempt.secret):
                return None
            self._reach.entered(connection, subject, factor, now)
        elif step is not None:
            if not credentials.take_step(connection, subject, step, now):
                return None
        else:
            credentials.used_secret(connection, subject, factor, now)
        if attempt.counted:
            self._guard.right(connection, subject)
        return self._passed(connection, challenge, factor, now)

    def _wrong(self, connection: Connection, attempt: _Attempt, now: int) -> VerificationError:
        subject, stranger = attempt.challenge.subject, attempt.challenge.by_stranger
        if not attempt.counted:
            return AnswerWrong(tries.left(connection, self._guard.rules, subject, now))
        return self._guard.wrong(connection, subject, now, last=attempt.last, stranger=stranger)

    async def _freshen(self, attempt: _Attempt, answer: str) -> None:
        """Hashes again what was hashed with other parameters than are used now."""
        hasher, old = self._factors.hasher, attempt.secret or b""
        if hasher.outdated(old.decode()):
            new = (await self._work.heavy(hasher.hash, answer)).encode()
            await self._work.db(self._rehash, attempt, old, new)

    def _rehash(self, attempt: _Attempt, old: bytes, new: bytes) -> None:
        with self._db.write() as connection:
            credentials.rehash(connection, attempt.challenge.subject, attempt.factor, old, new)

    # --- what is signed ----------------------------------------------------------------------------------------

    async def sign(self, id: str, subject: Subject, factor: Factor, response: str) -> ChallengeView:
        """A passkey's or shield's answer. Cannot be guessed, so it is neither counted nor locked out."""
        return await self._work.db(self._sign, id, subject, factor, response)

    def _sign(self, id: str, subject: Subject, factor: Factor, response: str) -> ChallengeView:
        with self._db.read() as connection:
            challenge = self.open(connection, id, subject, factor, self._clock.now())
            key = self.key_of(connection, response)
            if key is None or challenge.hopeless or (key.subject, key.factor) != (subject, factor):
                raise AnswerWrong(tries.left(connection, self._guard.rules, subject, self._clock.now()))
        return self.signed(challenge, key, response)

    def key_of(self, connection: Connection, response: str) -> credentials.Key | None:
        """The enrolled key that a response says it is of."""
        answered = read_response(response)
        return None if answered is None else credentials.key_by_credential(connection, answered.raw_id)

    def signed(
        self, challenge: Challenge, key: credentials.Key, response: str, *, stored: bool = True
    ) -> ChallengeView:
        """Checks a key's signature of the challenge's text; the challenge is that subject's from now on.

        One that is not `stored` is stored now, unless it was before: then it is spent.

        Raises AnswerWrong, ChallengeOver, FactorNotEnrolled.
        """
        now, answered = self._clock.now(), read_response(response)
        signed = None
        if answered is not None:
            signed = self._factors.party.signed(answered, challenge.text, key.public_key)
        with self._db.write() as connection:
            if not stored and signed is not None and not store.add(connection, self._sealer, challenge):
                raise ChallengeOver("spent")
            if stored or signed is not None:
                challenge = self.open(connection, challenge.id, challenge.subject, key.factor, now, lock=True)
            if signed is None or not credentials.take_count(connection, key, signed, now):
                raise AnswerWrong(tries.left(connection, self._guard.rules, key.subject, now))
            if evidence.is_kept(key.factor, challenge.purpose):
                what = (key.subject, challenge.text, key.factor)
                kept = evidence.keep(connection, self._sealer, self._factors.party, what, key.public_key, signed, now)
                challenge = replace(challenge, evidence=kept)
            if tries.lock_of(connection, key.subject, now) is not None:
                tries.unlock(connection, key.subject, key.subject)
            return self._passed(connection, replace(challenge, subject=key.subject), key.factor, now)

    # --- both --------------------------------------------------------------------------------------------------

    def _passed(self, connection: Connection, challenge: Challenge, factor: Factor, now: int) -> ChallengeView:
        """One factor more. What is left to combine it with is what they have; all at once forgets wrong answers."""
        held = self._factors.all_of(connection, challenge.subject) | {factor}
        left = tuple(combination for combination in challenge.combinations if combination <= held)
        challenge = replace(challenge, passed=(*challenge.passed, factor), combinations=left)
        challenge = store.record(connection, challenge, now)
        if challenge.state == "passed":
            tries.forget(connection, challenge.subject)
        return self.view(connection, challenge, now)


def _waiting(challenge: Challenge, factor: Factor, now: int) -> Challenge:
    state = challenge.state_at(now)
    if state != "open":
        raise ChallengeOver(state)
    if not challenge.asks(factor):
        raise FactorNotEnrolled(factor)
    return challenge
