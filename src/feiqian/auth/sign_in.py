"""Signing in: password and a second factor, or a passkey alone. Unknown numbers are answered as known ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection

from feiqian.auth import notifications, sign_ins
from feiqian.auth.challenges.errors import AnswerWrong, Locked, VerificationError
from feiqian.auth.challenges.forms import is_no_password
from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.auth.errors import SignInLocked, SignInRefused
from feiqian.auth.model import ChallengeView, Opened
from feiqian.auth.preauth import Asked, PreAuthFlow
from feiqian.policy.factors import Factor, Purpose
from feiqian.runtime.transactions import Refused
from feiqian.subjects import Role, Subject

BOUND = ChallengeBinding(purpose=Purpose.SIGN_IN)
# They were enrolled on a device that the customer had before, and sign for no other site: no thief's device has them.
_OWN_DEVICE = frozenset({Factor.PASSKEY, Factor.SHIELD})


class SignIn(PreAuthFlow):
    """A device that is new to the customer is told on every channel, and low limits hold for a time (abuse case 39)."""

    kinds = ("sign_in",)

    async def password(
        self, mobile: str, password: str, language: str, user_agent: str = "", device_token: str | None = None
    ) -> ChallengeView:
        """The first factor; the challenge's others follow by `send` and `answer`. `device_token` is what an earlier
        sign-in gave this browser or app: wrong answers are counted for that device. Raises SignInRefused, SignInLocked,
        and identity's NumberInvalid."""
        if is_no_password(password):
            raise SignInRefused  # before anything is looked up or counted
        browser = user_agent, device_token
        begun = await self.transactions.write(self._begin, self._mobile(mobile), password, language, browser)
        id, subject, turn = begun

        def told(connection: Connection, outcome: ChallengeView | VerificationError) -> None:
            if isinstance(outcome, VerificationError):
                what = "locked" if isinstance(outcome, Locked) else "wrong"
                sign_ins.record(connection, subject, what, user_agent, self._p.clock.now())
            else:
                self._remember(connection, id, Asked(subject, "sign_in", language))

        try:
            return await self._p.verification.answer_slow(turn, id, subject, Factor.PASSWORD, password, told)
        except AnswerWrong:
            raise SignInRefused from None
        except Locked as locked:
            raise SignInLocked(locked.until) from None

    async def finish(self, challenge: str, user_agent: str = "", device_token: str | None = None) -> Opened:
        """Opens the session. Raises NotPassed, ChallengeOver, PreAuthFlowOver."""

        def finish(connection: Connection) -> Opened:
            return self._open(connection, challenge, self._asked(connection, challenge), user_agent, device_token)

        return await self._taken_up(finish)

    async def passkey_options(self, language: str) -> tuple[str, dict[str, Any]]:
        """What the browser keeps of a challenge, and is asked to sign, whoever's passkey it will be. Stores nothing."""
        return self._p.verification.begin_passkey_sign_in(language)

    async def passkey(
        self, challenge: str, response: str, user_agent: str = "", device_token: str | None = None, language: str = "en"
    ) -> Opened:
        """Whoever's passkey it was is signed in, also while locked. Raises AnswerWrong, ChallengeOver."""

        def sign_in(connection: Connection) -> Opened:
            subject, passed = self._p.verification.answer_passkey_sign_in.within(connection, challenge, response)
            if subject.role is not Role.CUSTOMER:
                raise SignInRefused
            return self._open(connection, passed.id, Asked(subject, "sign_in", language), user_agent, device_token)

        return await self._taken_up(sign_in)

    # --- the first factor ----------------------------------------------------------------------------------------

    def _begin(
        self, connection: Connection, mobile: str, password: str, language: str, browser: tuple[str, str | None]
    ) -> tuple[str, Subject, str] | Refused:
        """A challenge of whoever has the number, on the device that they know this browser as; and its turn."""
        subject, (user_agent, device_token) = self._owner(connection, mobile), browser
        device = self._p.sessions.known_device(connection, subject, device_token)
        challenge = self._p.verification.begin_unseen(
            connection, subject, BOUND, language, device=device.id if device else None
        )
        try:
            turn = self._p.verification.check(connection, challenge, Factor.PASSWORD, password)
        except Locked as locked:
            sign_ins.record(connection, subject, "locked", user_agent, self._p.clock.now())
            return Refused(SignInLocked(locked.until))
        return challenge.id, subject, turn

    # --- opening -------------------------------------------------------------------------------------------------

    async def _taken_up(self, rule: Callable[[Connection], Opened]) -> Opened:
        opened = await self.transactions.write(rule)
        if opened.new_device:  # after the transaction, because others have to see what was committed
            await self._p.work.db(self._p.customers.take_up, opened.session.subject.customer)
        return opened

    def _open(
        self, connection: Connection, challenge: str, asked: Asked, user_agent: str, device_token: str | None
    ) -> Opened:
        now, subject = self._p.clock.now(), asked.subject
        passed = self._p.verification.consume_within(connection, challenge, subject, BOUND, now)
        factors = passed.factors
        opened = self._p.sessions.open(connection, subject, factors, user_agent, device_token, now, asked.language)
        sign_ins.record(connection, subject, "ok", user_agent, now, factors=factors, new_device=opened.new_device)
        details = {"device": opened.session.user_agent, "factors": tuple(map(str, factors))}
        self._p.audit_log.append(connection, subject, "signed_in", str(subject), details, now)
        if opened.new_device:
            self._beware(connection, subject, opened, factors, now)
        return opened

    def _beware(
        self, connection: Connection, subject: Subject, opened: Opened, factors: Sequence[Factor], now: int
    ) -> None:
        profile = self._p.customers.profiles.need(connection, subject.customer)
        values = {"device": opened.session.user_agent, "at": notifications.moment(self._p, profile.language, now)}
        notifications.tell(self._p, connection, subject.customer, "signed_in", now, values)
        if not _OWN_DEVICE.intersection(factors):
            notifications.cool(self._p, connection, subject.customer, now)
