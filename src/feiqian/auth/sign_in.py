"""Signing in: password and a second factor, or a passkey alone. Unknown numbers are answered as known ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from feiqian.auth import notifications, sign_ins
from feiqian.auth.challenges.errors import AnswerWrong, Locked
from feiqian.auth.challenges.forms import is_no_password
from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.auth.errors import SignInLocked, SignInRefused
from feiqian.auth.model import ChallengeView, Opened
from feiqian.auth.preauth import Asked, PreAuthFlow
from feiqian.policy.factors import Factor, Purpose
from feiqian.runtime import network
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
        subject, device = await self._p.work.db(self._who, self._mobile(mobile), device_token)
        begun = await self._p.verification.begin(subject, BOUND, language, device=device)
        try:
            view = await self._p.verification.answer(begun.id, subject, Factor.PASSWORD, password)
        except AnswerWrong:
            await self._p.work.db(self._failed, subject, "wrong", user_agent)
            raise SignInRefused from None
        except Locked as locked:
            await self._p.work.db(self._failed, subject, "locked", user_agent)
            raise SignInLocked(locked.until) from None
        await self._p.work.db(self._remember_now, view.id, Asked(subject, "sign_in", language), network.client.get())
        return view

    async def finish(self, challenge: str, user_agent: str = "", device_token: str | None = None) -> Opened:
        """Opens the session. Raises NotPassed, ChallengeOver, PreAuthFlowOver."""
        asked = await self._asked(challenge)
        return await self._open(challenge, asked, user_agent, device_token)

    async def passkey_options(self, language: str) -> tuple[str, dict[str, Any]]:
        """What the browser keeps of a challenge, and is asked to sign, whoever's passkey it will be. Stores nothing."""
        return self._p.verification.begin_passkey_sign_in(language)

    async def passkey(
        self, challenge: str, response: str, user_agent: str = "", device_token: str | None = None, language: str = "en"
    ) -> Opened:
        """Whoever's passkey it was is signed in, also while locked. Raises AnswerWrong, ChallengeOver."""
        subject, passed = await self._p.verification.answer_passkey_sign_in(challenge, response)
        if subject.role is not Role.CUSTOMER:
            raise SignInRefused
        return await self._open(passed.id, Asked(subject, "sign_in", language), user_agent, device_token)

    def _who(self, mobile: str, device_token: str | None) -> tuple[Subject, str | None]:
        """Whose number it is, and the device that this browser is known as to them."""
        subject = self._owner(mobile)
        with self._p.db.read() as connection:
            device = self._p.sessions.known_device(connection, subject, device_token)
        return subject, device.id if device else None

    # --- opening -------------------------------------------------------------------------------------------------

    async def _open(self, challenge: str, asked: Asked, user_agent: str, device_token: str | None) -> Opened:
        opened = await self._p.work.db(self._open_now, challenge, asked, user_agent, device_token)
        if opened.new_device:
            await self._p.work.db(self._p.customers.take_up, asked.subject.customer)
        return opened

    def _open_now(self, challenge: str, asked: Asked, user_agent: str, device_token: str | None) -> Opened:
        now, subject = self._p.clock.now(), asked.subject
        with self._p.db.write() as connection:
            passed = self._p.verification.consume_within(connection, challenge, subject, BOUND, now)
            opened = self._p.sessions.open(
                connection, subject, passed.factors, user_agent, device_token, now, asked.language
            )
            sign_ins.record(
                connection, subject, "ok", user_agent, now, factors=passed.factors, new_device=opened.new_device
            )
            details = {"device": opened.session.user_agent, "factors": tuple(map(str, passed.factors))}
            self._p.audit_log.append(connection, subject, "signed_in", str(subject), details, now)
            if opened.new_device:
                self._beware(connection, subject, opened, passed.factors, now)
        return opened

    def _beware(
        self, connection: Connection, subject: Subject, opened: Opened, factors: Sequence[Factor], now: int
    ) -> None:
        profile = self._p.customers.profiles.need(connection, subject.number)
        values = {"device": opened.session.user_agent, "at": notifications.moment(self._p, profile.language, now)}
        notifications.tell(self._p, connection, subject.number, "signed_in", now, values)
        if not _OWN_DEVICE.intersection(factors):
            notifications.cool(self._p, connection, subject.number, now)

    def _failed(self, subject: Subject, outcome: str, user_agent: str) -> None:
        now = self._p.clock.now()
        with self._p.db.write() as connection:
            sign_ins.record(connection, subject, outcome, user_agent, now)
