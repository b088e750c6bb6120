"""Challenges: the one mechanism by which anybody proves anything, bound to what it confirms, spent once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

from sqlalchemy import Connection

from feiqian.auth.challenges import attempts, codes, credentials, store, unnamed
from feiqian.auth.challenges.answers import Answers
from feiqian.auth.challenges.canonical import challenge_text, summary
from feiqian.auth.challenges.contact_resolver import CHANNELS, audience_of
from feiqian.auth.challenges.errors import AnswerWrong, BindingDiffers, ChallengeOver, FactorNotEnrolled
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.marks import UNNAMED, mark_of
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView, Lock, Passed
from feiqian.auth.challenges.store import STRANGERS, Challenge
from feiqian.auth.challenges.sweeps import Sweeps
from feiqian.clock import MICROSECONDS, Clock
from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CHALLENGE, new_id
from feiqian.notify.model import Audience
from feiqian.policy.factors import GUESSABLE, Factor, Purpose
from feiqian.policy.model import Combination, Policy
from feiqian.runtime import network
from feiqian.runtime.work import Work
from feiqian.subjects import Role, Subject
from feiqian.texts import texts_in

MOST_SECONDS = 300  # that a challenge lives, whatever the policy says
NEW = Subject(Role.NOBODY, 0)  # whose passkey it will be is not known yet
_SIGNS_IN = {Role.CUSTOMER: Purpose.SIGN_IN, Role.STAFF: Purpose.STAFF_SIGN_IN}


class KnowsDevices(Protocol):
    """Whoever keeps the devices that somebody has signed in from."""

    def among_newest(self, connection: Connection, subject: Subject, device_id: str, most: int) -> bool: ...


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
        devices: KnowsDevices,
    ) -> None:
        self._db, self._cipher, self._policy, self._clock, self._work = db, cipher, policy, clock, work
        self._factors, self._limiter, self._resolver = factors, factors.limiter, factors.resolver
        self._devices = devices
        self._answers = Answers(db, cipher, clock, work, factors)
        self._sweeps = Sweeps()

    @property
    def sweeps(self) -> Sweeps:
        """What strangers have begun, and what removes it."""
        return self._sweeps

    # --- beginning and looking ---------------------------------------------------------------------------------

    async def begin(
        self,
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
        return await self._work.db(
            self._begin, subject, binding, language, needs, device, hopeless, network.client.get()
        )

    async def view(self, id: str, subject: Subject) -> ChallengeView:
        """Raises ChallengeNotFound."""
        return await self._work.db(self._view, id, subject)

    def _begin(
        self,
        subject: Subject,
        binding: ChallengeBinding,
        language: str,
        needs: tuple[Combination, ...] | None,
        device: str | None,
        hopeless: bool,
        client: str,
    ) -> ChallengeView:
        now = self._clock.now()
        with self._db.write() as connection:
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
                self._sweeps.take(connection, client, challenge.id)
            return self._answers.view(connection, challenge, now)

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
        known = device and self._devices.among_newest(connection, subject, device, self._policy.tries.devices)
        return device if device and known else attempts.UNKNOWN

    def _view(self, id: str, subject: Subject) -> ChallengeView:
        with self._db.read() as connection:
            return self._answers.view(connection, self._answers.load(connection, id, subject), self._clock.now())

    # --- answering ---------------------------------------------------------------------------------------------

    async def send(self, id: str, subject: Subject, factor: Factor, audience: Audience | None = None) -> ChallengeView:
        """Sends a code by SMS or e-mail; it voids the code before. `audience`: for whom, if not as the challenge says.

        Raises CodeThrottled, notify's SendingCapped, Locked, ChallengeOver, FactorNotEnrolled.
        """
        return await self._work.db(self._send, id, subject, factor, audience)

    async def options(self, id: str, subject: Subject, factor: Factor) -> dict[str, Any]:
        """What the browser is asked to sign with a passkey or shield (PublicKeyCredentialRequestOptions as JSON).

        Raises ChallengeOver, FactorNotEnrolled.
        """
        return await self._work.db(self._options, id, subject, factor)

    async def answer(self, id: str, subject: Subject, factor: Factor, answer: str) -> ChallengeView:
        """One factor's answer. Raises AnswerWrong, Locked, ChallengeOver, FactorNotEnrolled."""
        if factor in GUESSABLE:
            return await self._answers.guess(id, subject, factor, answer)
        return await self._answers.sign(id, subject, factor, answer)

    def _send(self, id: str, subject: Subject, factor: Factor, audience: Audience | None) -> ChallengeView:
        now = self._clock.now()
        with self._db.write() as connection:
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

    def _options(self, id: str, subject: Subject, factor: Factor) -> dict[str, Any]:
        if factor not in credentials.KEYS:
            raise FactorNotEnrolled(factor)
        with self._db.read() as connection:
            challenge = self._answers.open(connection, id, subject, factor, self._clock.now())
            # A stranger is not told which keys there are; all are discoverable, so none need be named.
            keys = [] if challenge.by_stranger else credentials.keys_of(connection, subject, factor)
        return self._factors.party.request(challenge.text, [(key.credential, key.transports) for key in keys])

    # --- signing in by passkey, without a name -----------------------------------------------------------------

    def begin_passkey_sign_in(self, language: str, purpose: Purpose = Purpose.SIGN_IN) -> tuple[str, dict[str, Any]]:
        """A challenge of nobody yet, for whoever signs it with a passkey, and what the browser is asked to sign.

        Nothing is kept here: the first of the two is the browser's to send back, and says all.
        """
        now = self._clock.now()
        begun = unnamed.Unnamed(new_id(CHALLENGE, now), purpose, texts_in(language).language, now)
        options = self._factors.party.request(self._unnamed(begun).text, [])
        return begun.token(self._cipher), options

    async def answer_passkey_sign_in(self, token: str, response: str) -> tuple[Subject, ChallengeView]:
        """Whose passkey has signed, and the challenge to be spent with `ChallengeBinding(purpose=purpose)`: once.

        Raises AnswerWrong, ChallengeOver, ChallengeNotFound.
        """
        return await self._work.db(self._answer_unnamed, token, response)

    def _unnamed(self, begun: unnamed.Unnamed) -> Challenge:
        binding, needs = ChallengeBinding(purpose=begun.purpose), self._policy.needs(begun.purpose)
        return self._challenge(begun.id, NEW, binding, begun.language, needs, begun.begun_at)

    def _answer_unnamed(self, token: str, response: str) -> tuple[Subject, ChallengeView]:
        challenge, now = self._unnamed(unnamed.read(self._cipher, token)), self._clock.now()
        if not challenge.begun_at <= now < challenge.expires_at:
            raise ChallengeOver("expired")
        with self._db.read() as connection:
            key = self._answers.key_of(connection, response)
        if key is None or _SIGNS_IN.get(key.subject.role) is not challenge.purpose:
            raise AnswerWrong(self._policy.tries.at_most)
        return key.subject, self._answers.signed(challenge, key, response, stored=False)

    # --- ending ------------------------------------------------------------------------------------------------

    async def consume(self, id: str, subject: Subject, binding: ChallengeBinding) -> Passed:
        """Uses a passed challenge, once. Raises NotPassed, BindingDiffers (and voids it), ChallengeOver."""
        return await self._work.db(self._consume, id, subject, binding)

    async def check_passed(self, id: str, subject: Subject, binding: ChallengeBinding) -> None:
        """Before anything that is kept is compared with what is asked for: raises as `consume`, but uses nothing up."""
        await self._work.db(self._check_passed, id, subject, binding)

    def consume_within(
        self, connection: Connection, id: str, subject: Subject, binding: ChallengeBinding, now: int
    ) -> Passed:
        """As `consume`, in the caller's transaction (blocks).

        BindingDiffers would take its own trace back with the caller's transaction, so it is remembered besides.
        """
        attempts.hold(connection, subject, now)  # before the challenge, as wherever both are held
        challenge = self._answers.load(connection, id, subject, lock=True)
        if challenge.state == "void":
            raise ChallengeOver("void")
        try:
            return store.consume(connection, challenge, binding.digest(), now)
        except BindingDiffers:
            self._answers.remember_void(challenge, now)
            raise

    async def cancel(self, id: str, subject: Subject) -> None:
        """Voids an open or passed challenge; nothing happens to one that is over."""
        await self._work.db(self._cancel, id, subject)

    def _consume(self, id: str, subject: Subject, binding: ChallengeBinding) -> Passed:
        try:
            with self._db.write() as connection:
                return self.consume_within(connection, id, subject, binding, self._clock.now())
        except BindingDiffers:
            self._cancel(id, subject)
            raise

    def _check_passed(self, id: str, subject: Subject, binding: ChallengeBinding) -> None:
        with self._db.read() as connection:
            challenge = self._answers.load(connection, id, subject)
        try:
            store.check_passed(challenge, binding.digest(), self._clock.now())
        except BindingDiffers:
            self._cancel(id, subject)
            raise

    def _cancel(self, id: str, subject: Subject) -> None:
        with self._db.write() as connection:
            store.void(connection, self._answers.load(connection, id, subject, lock=True).id)

    # --- locks -------------------------------------------------------------------------------------------------

    def lock_of(self, connection: Connection, subject: Subject) -> Lock | None:
        """Of all the locks that hold now, of any device or factor, the one that ends last (blocks)."""
        return attempts.any_lock(connection, self._policy.tries, subject, self._clock.now())

    def unlock(self, connection: Connection, subject: Subject, by: Subject) -> None:
        """Lifts every lock and forgets the wrong answers (blocks)."""
        attempts.unlock(connection, subject, by, self._clock.now())
