"""Challenges: the one mechanism by which anybody proves anything, bound to what it confirms, spent once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from feiqian.clock import Clock
from feiqian.db import BankDb
from feiqian.policy.factors import Factor, Purpose
from feiqian.policy.model import Combination, Policy
from feiqian.sealing import Sealer
from feiqian.subjects import Subject
from feiqian.verification.factors import Factors
from feiqian.verification.model import Bound, ChallengeView, Lock, Passed
from feiqian.work import Work


class Verification:
    """Begins, answers and spends challenges. `send_codes` is notify, `people` knows where to send them."""

    def __init__(
        self, db: BankDb, sealer: Sealer, policy: Policy, clock: Clock, work: Work, notify: Any, factors: Factors
    ) -> None:
        self._db, self._sealer, self._policy, self._clock, self._work = db, sealer, policy, clock, work
        self._notify, self._factors = notify, factors

    async def begin(
        self, subject: Subject, bound: Bound, language: str, needs: tuple[Combination, ...] | None = None
    ) -> ChallengeView:
        """A new challenge. Raises FactorNotEnrolled if the subject can pass none of the combinations."""
        raise NotImplementedError

    async def view(self, id: str, subject: Subject) -> ChallengeView:
        """Raises ChallengeNotFound."""
        raise NotImplementedError

    async def send(self, id: str, subject: Subject, factor: Factor) -> ChallengeView:
        """Sends a code by SMS or e-mail; it voids the code before.

        Raises CodeThrottled, notify's SendingCapped, Locked, ChallengeOver, FactorNotEnrolled.
        """
        raise NotImplementedError

    async def options(self, id: str, subject: Subject, factor: Factor) -> dict[str, Any]:
        """What the browser is asked to sign with a passkey or shield (PublicKeyCredentialRequestOptions as JSON)."""
        raise NotImplementedError

    async def answer(self, id: str, subject: Subject, factor: Factor, answer: str) -> ChallengeView:
        """One factor's answer. Raises AnswerWrong, Locked, ChallengeOver, FactorNotEnrolled."""
        raise NotImplementedError

    async def spend(self, id: str, subject: Subject, bound: Bound) -> Passed:
        """Uses a passed challenge, once. Raises NotPassed, BoundDiffers (and voids it), ChallengeOver."""
        raise NotImplementedError

    def spend_within(self, connection: Connection, id: str, subject: Subject, bound: Bound, now: int) -> Passed:
        """As `spend`, in the caller's transaction (blocks)."""
        raise NotImplementedError

    async def cancel(self, id: str, subject: Subject) -> None:
        """Voids an open or passed challenge; nothing happens to one that is over."""
        raise NotImplementedError

    async def begin_passkey_sign_in(
        self, language: str, purpose: Purpose = Purpose.SIGN_IN
    ) -> tuple[str, dict[str, Any]]:
        """A challenge of nobody yet, for whoever signs it with a passkey; spent with `Bound(purpose=purpose)`."""
        raise NotImplementedError

    async def answer_passkey_sign_in(self, id: str, response: str) -> tuple[Subject, ChallengeView]:
        """Whose passkey has signed. Raises AnswerWrong, ChallengeOver, ChallengeNotFound."""
        raise NotImplementedError

    def lock_of(self, connection: Connection, subject: Subject) -> Lock | None:
        """The lock that holds now, if any (blocks)."""
        raise NotImplementedError

    def unlock(self, connection: Connection, subject: Subject, by: Subject) -> None:
        """Lifts a lock and forgets the wrong answers (blocks)."""
        raise NotImplementedError
