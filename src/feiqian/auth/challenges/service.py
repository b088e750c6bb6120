"""Challenges: the one mechanism by which anybody proves anything, bound to what it confirms, spent once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from feiqian.auth.challenges import attempts, codes, credentials, store, unnamed
from feiqian.auth.challenges.answers import SLOW, Answers, Told
from feiqian.auth.challenges.canonical import challenge_text, summary
from feiqian.auth.challenges.contact_resolver import CHANNELS, audience_of
from feiqian.auth.challenges.errors import (
    AnswerWrong,
    BindingDiffers,
    ChallengeNotFound,
    ChallengeOver,
    FactorNotEnrolled,
)
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.marks import UNNAMED, mark_of
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView, Lock, Passed
from feiqian.auth.challenges.store import STRANGERS, Challenge
from feiqian.auth.challenges.sweeps import Sweeps
from feiqian.auth.sessions import devices
from feiqian.clock import MICROSECONDS, Clock
from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CHALLENGE, new_id
from feiqian.notify.model import Audience
from feiqian.policy.factors import GUESSABLE, Factor, Purpose
from feiqian.policy.model import Combination, Policy
from feiqian.policy.people import SIGNS_IN
from feiqian.runtime import network
from feiqian.runtime.transactions import Refused, Transactions, reads, writes, writes_or_refuses
from feiqian.runtime.work import Work
from feiqian.subjects import Role, Subject
from feiqian.texts import texts_in

MOST_SECONDS = 300  # that a challenge lives, whatever the policy says
NEW = Subject(Role.NOBODY, 0)  # whose passkey it will be is not known yet


class Verification:
    """Begins, answers and consumes challenges."""

    def __init__(
        self,
        db: BankDb,
        cipher: FieldCipher,
        policy: Policy,
        clock: Clock,
        work: Work,
        factors: Factors,
    ) -> None:
        self._cipher, self._policy, self._clock, self._work = cipher, policy, clock, work
        self.transactions = Transactions(db, work)
        self._factors, self._limiter, self._resolver = factors, factors.limiter, factors.resolver
        self._answers = Answers(db, cipher, clock, factors)
        self.sweeps = Sweeps()  # what strangers have begun, and what removes it

    # --- beginning and looking ---------------------------------------------------------------------------------

    @writes
    def begin(
        self,
        connection: Connection,
        subject: Subject,
        binding: ChallengeBinding,
        language: str,
        needs: tuple[Combination, ...] | None = None,
        *,
        device: str | None = None,
        hopeless: bool = False,
    ) -> ChallengeView:
        """A new challenge; of one purpose a subject has three at once on a device, the oldest ends.

        `device`: the id of the device that asks, if the subject is known there; wrong answers are counted for it.
        `hopeless`: no answer to it is right and no code is sent, and in all else it is as any other.

        Raises FactorNotEnrolled if the subject can pass none of the combinations (those of the policy, or `needs`).
        """
        challenge = self.begin_unseen(connection, subject, binding, language, needs, device=device, hopeless=hopeless)
        return self._answers.view(connection, challenge, self._clock.now())

    def begin_unseen(
        self,
        connection: Connection,
        subject: Subject,
        binding: ChallengeBinding,
        language: str,
        needs: tuple[Combination, ...] | None = None,
        *,
        device: str | None = None,
        hopeless: bool = False,
    ) -> Challenge:
        """As `begin`, for whoever shows how far it is later."""
        now = self._clock.now()
        wanted = needs or self._policy.needs(binding.purpose, binding.amount, binding.currency)
        if binding.purpose not in STRANGERS:
            held = self._factors.all_of(connection, subject)
            wanted = tuple(combination for combination in wanted if combination <= held)
            if not wanted:
                raise FactorNotEnrolled
        attempts.hold(connection, subject, now)
        place = self._place(connection, subject, device)
        store.make_room(connection, subject, binding.purpose, place, now)
        challenge = self._challenge(new_id(CHALLENGE, now), subject, binding, language, wanted, now)
        challenge = replace(challenge, place=place, hopeless=hopeless)
        store.add(connection, self._cipher, challenge)
        if binding.purpose in STRANGERS:
            self.sweeps.take(connection, network.client.get(), challenge.id)
        return challenge

    @reads
    def view(self, connection: Connection, id: str, subject: Subject) -> ChallengeView:
        """Raises ChallengeNotFound."""
        return self._answers.view(connection, self._answers.load(connection, id, subject), self._clock.now())

    def _challenge(
        self,
        id: str,
        subject: Subject,
        binding: ChallengeBinding,
        language: str,
        wanted: tuple[Combination, ...],
        begun_at: int,
    ) -> Challenge:
        """A new one; the same values make the same text, always."""
        texts = texts_in(language)
        # A text that a stranger reads must not differ between a customer and nobody.
        named = UNNAMED if binding.purpose in STRANGERS else str(subject)
        return Challenge(
            id=id,
            subject=subject,
            purpose=binding.purpose,
            binding=binding.digest(),
            text=challenge_text(binding, texts, mark_of(id, binding.purpose, named, begun_at)),
            summary=summary(binding, texts),
            language=language,
            combinations=wanted,
            passed=(),
            state="open",
            evidence="",
            begun_at=begun_at,
            expires_at=begun_at + min(self._policy.challenge_seconds, MOST_SECONDS) * MICROSECONDS,
            place=attempts.UNKNOWN,
        )

    def _place(self, connection: Connection, subject: Subject, device: str | None) -> str:
        known = device and devices.among_newest(connection, subject, device, self._policy.tries.devices)
        return device if device and known else attempts.UNKNOWN

    def can_pass(self, connection: Connection, subject: Subject, purpose: Purpose) -> bool:
        """Whether they have all factors of one of the policy's combinations."""
        held = self._factors.all_of(connection, subject)
        return any(combination <= held for combination in self._policy.needs(purpose))

    # --- answering ---------------------------------------------------------------------------------------------

    @writes
    def send(
        self, connection: Connection, id: str, subject: Subject, factor: Factor, audience: Audience | None = None
    ) -> ChallengeView:
        """Sends a code by SMS or e-mail; it voids the code before. `audience`: for whom, if not as the challenge says.

        Raises CodeThrottled, notify's SendingCapped, Locked, ChallengeOver, FactorNotEnrolled.
        """
        now = self._clock.now()
        challenge = self._answers.open(connection, id, subject, factor, now)
        if factor not in CHANNELS:
            raise FactorNotEnrolled(factor)
        lock = self._limiter.lock_of(connection, subject, challenge.place, factor, now)
        long = challenge.purpose is Purpose.RECOVERY and lock is not None
        if not long:
            self._limiter.check(connection, subject, challenge.place, factor, now, stranger=challenge.by_stranger)
        code = codes.new_code(long)
        codes.issue(connection, self._cipher, id, factor, code, long, now)
        audience = audience or audience_of(challenge)
        codes.count_send(connection, self._policy.sending, subject, factor, audience, now)
        self._resolver.send(connection, challenge, factor, code, audience, now)
        return self._answers.view(connection, challenge, now)

    @reads
    def options(self, connection: Connection, id: str, subject: Subject, factor: Factor) -> dict[str, Any]:
        """What the browser is asked to sign with a passkey or shield (PublicKeyCredentialRequestOptions as JSON).

        Raises ChallengeOver, FactorNotEnrolled.
        """
        if factor not in credentials.KEYS:
            raise FactorNotEnrolled(factor)
        challenge = self._answers.open(connection, id, subject, factor, self._clock.now())
        # A stranger is not told which keys there are; all are discoverable, so none need be named.
        keys = [] if challenge.by_stranger else credentials.keys_of(connection, subject, factor)
        return self._factors.party.request(challenge.text, [(key.credential, key.transports) for key in keys])

    async def answer(self, id: str, subject: Subject, factor: Factor, answer: str) -> ChallengeView:
        """One factor's answer. Raises AnswerMalformed, AnswerWrong, Locked, ChallengeOver, FactorNotEnrolled."""
        if factor not in SLOW:
            return await self.transactions.write(self.answer_fast, id, subject, factor, answer)
        turn = await self.transactions.read(self._check, id, subject, factor, answer)  # what is locked waits for none
        return await self.answer_slow(turn, id, subject, factor, answer)

    def answer_fast(
        self, connection: Connection, id: str, subject: Subject, factor: Factor, answer: str
    ) -> ChallengeView | Refused:
        """As `answer`, in the caller's transaction, of whatever is no password or PIN."""
        if factor in GUESSABLE:
            return self._answers.enter(connection, id, subject, factor, answer)
        return self._answers.sign(connection, id, subject, factor, answer)

    def check(self, connection: Connection, challenge: Challenge, factor: Factor, answer: str) -> str:
        """Before `answer_slow`: in whose turn it is. Raises AnswerMalformed, Locked."""
        return self._answers.check(connection, challenge, factor, answer)

    async def answer_slow(
        self, turn: str, id: str, subject: Subject, factor: Factor, answer: str, told: Told | None = None
    ) -> ChallengeView:
        """As `answer`, of a password or PIN that was checked. `told(connection, outcome)` writes what follows of it."""
        return await self._work.heavy_for(turn, self._answers.compare, id, subject, factor, answer, told)

    def _check(self, connection: Connection, id: str, subject: Subject, factor: Factor, answer: str) -> str:
        return self.check(connection, self._answers.load(connection, id, subject), factor, answer)

    # --- signing in by passkey, without a name -----------------------------------------------------------------

    def begin_passkey_sign_in(self, language: str, purpose: Purpose = Purpose.SIGN_IN) -> tuple[str, dict[str, Any]]:
        """A challenge of nobody yet, for whoever signs it with a passkey, and what the browser is asked to sign.

        Nothing is kept here: the first of the two is the browser's to send back, and says all.
        """
        now = self._clock.now()
        begun = unnamed.Unnamed(new_id(CHALLENGE, now), purpose, texts_in(language).language, now)
        options = self._factors.party.request(self._unnamed(begun).text, [])
        return begun.token(self._cipher), options

    @writes
    def answer_passkey_sign_in(
        self, connection: Connection, token: str, response: str
    ) -> tuple[Subject, ChallengeView]:
        """Whose passkey has signed, and the challenge to be spent with `ChallengeBinding(purpose=purpose)`: once.

        Raises AnswerWrong, ChallengeOver, ChallengeNotFound.
        """
        challenge, now = self._unnamed(unnamed.read(self._cipher, token)), self._clock.now()
        if not challenge.begun_at <= now < challenge.expires_at:
            raise ChallengeOver("expired")
        key = self._answers.key_of(connection, response)
        if key is None or SIGNS_IN.get(key.subject.role) is not challenge.purpose:
            raise AnswerWrong(self._policy.tries.at_most)
        return key.subject, self._answers.signed(connection, challenge, key, response, stored=False)

    def _unnamed(self, begun: unnamed.Unnamed) -> Challenge:
        binding, needs = ChallengeBinding(purpose=begun.purpose), self._policy.needs(begun.purpose)
        return self._challenge(begun.id, NEW, binding, begun.language, needs, begun.begun_at)

    # --- ending ------------------------------------------------------------------------------------------------

    @writes_or_refuses
    def consume(self, connection: Connection, id: str, subject: Subject, binding: ChallengeBinding) -> Passed | Refused:
        """Uses a passed challenge, once. Raises NotPassed, BindingDiffers (and voids it), ChallengeOver."""
        try:
            return self.consume_within(connection, id, subject, binding, self._clock.now())
        except BindingDiffers as differs:
            store.void(connection, id)
            return Refused(differs)

    def check_passed(
        self, connection: Connection, id: str, subject: Subject, binding: ChallengeBinding
    ) -> Refused | None:
        """Before anything that is kept is compared with what is asked for: as `consume`, but uses nothing up."""
        challenge = self._answers.load(connection, id, subject)
        try:
            store.check_passed(challenge, binding.digest(), self._clock.now())
        except BindingDiffers as differs:
            store.void(connection, id)
            return Refused(differs)
        return None

    def ask_for_more(self, connection: Connection, id: str, subject: Subject, needs: tuple[Combination, ...]) -> None:
        """A challenge that was passed with less waits for one of these combinations instead, if the subject can pass
        any. Raises ChallengeNotFound."""
        now = self._clock.now()
        attempts.hold(connection, subject, now)  # before the challenge, as wherever both are held
        challenge = self._answers.load(connection, id, subject, lock=True)
        held = self._factors.all_of(connection, subject)
        wanted = tuple(need for need in needs if need <= held)
        if wanted and not any(need <= set(challenge.passed) for need in wanted):
            store.ask_for_more(connection, challenge, wanted, now)

    def consume_within(
        self, connection: Connection, id: str, subject: Subject, binding: ChallengeBinding, now: int
    ) -> Passed:
        """As `consume`, in the caller's transaction (blocks).

        BindingDiffers would take its own trace back with the caller's transaction, so it is remembered besides.
        """
        attempts.hold(connection, subject, now)  # before the challenge, as wherever both are held
        challenge = self._answers.load(connection, id, subject, lock=True)
        try:
            return store.consume(connection, challenge, binding.digest(), now)
        except BindingDiffers:
            self._answers.remember_void(challenge, now)
            raise

    def spent_within(
        self, connection: Connection, id: str, subject: Subject, binding: ChallengeBinding, at: int
    ) -> Passed | None:
        """What was proved by a challenge that was consumed for this before; None once it is no longer kept."""
        try:
            challenge = self._answers.load(connection, id, subject)
        except ChallengeNotFound:
            return None
        return store.spent(challenge, binding.digest(), at)

    def keep(self, passed: Passed, use: str) -> bytes:
        """What was proved, for what is done later because of it, when the challenge is no longer kept. `use` names all
        that it was proved for: whoever changes any of that can no longer read it back."""
        return store.keep(self._cipher, passed, use)

    def kept(self, sealed: bytes, use: str) -> Passed:
        """What `keep` was given for the same use. Raises SealBroken."""
        return store.kept(self._cipher, sealed, use)

    # --- locks -------------------------------------------------------------------------------------------------

    def lock_of(self, connection: Connection, subject: Subject) -> Lock | None:
        """Of all the locks that hold now, of any device or factor, the one that ends last (blocks)."""
        return attempts.any_lock(connection, self._policy.tries, subject, self._clock.now())

    def unlock(self, connection: Connection, subject: Subject, by: Subject) -> None:
        """Lifts every lock and forgets the wrong answers (blocks)."""
        attempts.unlock(connection, subject, by, self._clock.now())
