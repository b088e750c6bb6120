"""Customers who sign in. Unknown numbers are answered as known ones."""

from __future__ import annotations

from sqlalchemy import Connection

from feiqian.auth import notifications, sign_ins
from feiqian.auth.challenges.errors import Locked, VerificationError
from feiqian.auth.challenges.model import ChallengeBinding, Passed
from feiqian.auth.dependencies import Dependencies
from feiqian.auth.model import Opened
from feiqian.auth.preauth import Asked, PreAuthFlow
from feiqian.auth.signing_in import SigningIn
from feiqian.policy.factors import Factor, Purpose
from feiqian.runtime.transactions import writes
from feiqian.subjects import Role, Subject

# They were enrolled on a device that the customer had before, and sign for no other site: no thief's device has them.
_OWN_DEVICE = frozenset({Factor.PASSKEY, Factor.SHIELD})


class SignIn(SigningIn, PreAuthFlow):
    """A device that is new to the customer is told on every channel, and low limits hold for a time (abuse case 39)."""

    kinds = ("sign_in",)
    role, binding = Role.CUSTOMER, ChallengeBinding(purpose=Purpose.SIGN_IN)

    def __init__(self, parts: Dependencies) -> None:
        super().__init__(parts)
        self._clock, self._sessions, self._verification = parts.clock, parts.sessions, parts.verification

    @writes
    def finish(
        self, connection: Connection, challenge: str, user_agent: str = "", device_token: str | None = None
    ) -> Opened:
        """Opens the session. Raises NotPassed, ChallengeOver, PreAuthFlowOver."""
        asked = self._asked(connection, challenge)
        return self._open(connection, challenge, asked.subject, asked.language, (user_agent, device_token))

    def _name(self, typed: str) -> str:
        return self._mobile(typed)

    def _whose(self, connection: Connection, name: str) -> Subject:
        return self._owner(connection, name)

    def _begun(self, connection: Connection, challenge: str, subject: Subject, language: str) -> None:
        self._remember(connection, challenge, Asked(subject, "sign_in", language))

    def _failed(self, connection: Connection, subject: Subject, error: VerificationError, user_agent: str) -> None:
        what = "locked" if isinstance(error, Locked) else "wrong"
        sign_ins.record(connection, subject, what, user_agent, self._clock.now())

    def _opened(self, connection: Connection, opened: Opened, passed: Passed, user_agent: str, now: int) -> None:
        subject = opened.session.subject
        sign_ins.record(
            connection, subject, "ok", user_agent, now, factors=passed.factors, new_device=opened.new_device
        )
        details = {"device": opened.session.user_agent, "factors": tuple(map(str, passed.factors))}
        if opened.new_device:
            self._beware(connection, opened, passed, now)
        self._p.audit_log.append(connection, subject, "signed_in", str(subject), details, now)  # after the profile

    def _beware(self, connection: Connection, opened: Opened, passed: Passed, now: int) -> None:
        number = opened.session.subject.customer
        profile = self._p.customers.profiles.need(connection, number)
        values = {"device": opened.session.user_agent, "at": notifications.moment(self._p, profile.language, now)}
        notifications.tell(self._p, connection, number, "signed_in", now, values)
        if not _OWN_DEVICE.intersection(passed.factors):
            notifications.cool(self._p, connection, number, now)
