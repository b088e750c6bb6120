"""Signing in, whoever it is: a password and then a second factor, or a passkey alone; then a session.

Customers and staff add whose a name is, what is written of an outcome, and what else has to be right. A name that is
nobody's is answered as one that is somebody's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from feiqian.auth.challenges.errors import AnswerWrong, Locked, VerificationError
from feiqian.auth.challenges.forms import is_no_password
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView, Passed
from feiqian.auth.challenges.service import Verification
from feiqian.auth.errors import SignInLocked, SignInRefused
from feiqian.auth.sessions import devices
from feiqian.auth.sessions.model import Opened
from feiqian.auth.sessions.service import Sessions
from feiqian.clock import Clock
from feiqian.errors import FeiqianError
from feiqian.policy.factors import Factor
from feiqian.runtime.transactions import Refused, Transactions
from feiqian.subjects import Role, Subject

Browser = tuple[str, str | None]  # or app: its own account of itself, and what an earlier sign-in gave it
Begun = tuple[str, Subject, str]  # a challenge, whose it is, and the turn in which its password is compared


class SigningIn:
    """The rules in common. Whoever is built on them sets the attributes."""

    role: Role  # of those who sign in here
    binding: ChallengeBinding
    transactions: Transactions
    clock: Clock
    sessions: Sessions
    verification: Verification

    async def password(
        self, name: str, password: str, language: str, user_agent: str = "", device_token: str | None = None
    ) -> ChallengeView:
        """The first factor; `name`: the mobile number or login. `device_token` is what an earlier sign-in gave this
        browser or app: wrong answers are counted for that device. Raises SignInRefused, SignInLocked, and NumberInvalid
        for what is no mobile number."""
        if is_no_password(password):
            raise SignInRefused  # before anything is looked up or counted
        name, browser = self._name(name), (user_agent, device_token)
        id, subject, turn = await self.transactions.write(self._begin, name, password, language, browser)

        def told(connection: Connection, outcome: ChallengeView | VerificationError) -> None:
            if isinstance(outcome, VerificationError):
                self._failed(connection, subject, outcome, user_agent)
            else:
                self._begun(connection, id, subject, language)

        try:
            return await self.verification.answer_slow(turn, id, subject, Factor.PASSWORD, password, told)
        except VerificationError as error:
            raise self._refusal(error, subject) from None

    async def passkey_options(self, language: str) -> tuple[str, dict[str, Any]]:
        """What the browser keeps of a challenge, and is asked to sign, whoever's passkey it will be. Stores nothing."""
        return self.verification.begin_passkey_sign_in(language, self.binding.purpose)

    async def passkey(
        self, challenge: str, response: str, user_agent: str = "", language: str = "en", device_token: str | None = None
    ) -> Opened:
        """Signs in whoever's passkey it was, also while locked. Raises AnswerWrong, ChallengeOver, SignInRefused."""

        def sign_in(connection: Connection) -> Opened:
            subject, passed = self.verification.answer_passkey_sign_in.within(connection, challenge, response)
            if subject.role is not self.role:
                raise SignInRefused
            return self._open(connection, passed.id, subject, language, (user_agent, device_token))

        return await self._opening(sign_in)

    def _begin(
        self, connection: Connection, name: str, password: str, language: str, browser: Browser
    ) -> Begun | Refused:
        """A challenge of whoever has the name, on the device that they know this browser as; and its turn."""
        subject, (user_agent, device_token) = self._whose(connection, name), browser
        known = devices.known(connection, subject, device_token)
        device = known.id if known else None
        try:
            challenge = self.verification.begin_unseen(connection, subject, self.binding, language, device=device)
            return challenge.id, subject, self.verification.check(connection, challenge, Factor.PASSWORD, password)
        except VerificationError as error:
            self._failed(connection, subject, error, user_agent)
            return Refused(self._refusal(error, subject))

    async def _opening(self, rule: Callable[[Connection], Opened]) -> Opened:
        return await self.transactions.write(rule)

    def _open(
        self, connection: Connection, challenge: str, subject: Subject, language: str, browser: Browser
    ) -> Opened:
        """A session for a challenge that was passed. Raises NotPassed, ChallengeOver."""
        now = self.clock.now()
        passed = self.verification.consume_within(connection, challenge, subject, self.binding, now)
        opened = self.sessions.open(connection, passed, *browser, now, language)
        self._opened(connection, opened, passed, browser[0], now)
        return opened

    # --- in which customers and staff differ -----------------------------------------------------------------------

    def _name(self, typed: str) -> str:
        """As names are kept."""
        return typed

    def _whose(self, connection: Connection, name: str) -> Subject:
        """Whose name it is; of an unknown one nobody, always the same for the same name, so that tries are counted."""
        raise NotImplementedError

    def _begun(self, connection: Connection, challenge: str, subject: Subject, language: str) -> None:
        """The password was right."""

    def _failed(self, connection: Connection, subject: Subject, error: VerificationError, user_agent: str) -> None:
        """It was not."""

    def _refusal(self, error: VerificationError, subject: Subject) -> FeiqianError:
        """What is told of it."""
        if isinstance(error, Locked):
            return SignInLocked(error.until)
        return SignInRefused() if isinstance(error, AnswerWrong) else error

    def _opened(self, connection: Connection, opened: Opened, passed: Passed, user_agent: str, now: int) -> None:
        """Writes what is kept of a sign-in; an error takes the session back."""
        raise NotImplementedError
