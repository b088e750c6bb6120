"""Customers who sign in. Unknown numbers are answered as known ones."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from feiqian.auth import sign_ins
from feiqian.auth.challenges.errors import Locked, VerificationError
from feiqian.auth.challenges.model import ChallengeBinding, Passed
from feiqian.auth.model import Opened
from feiqian.auth.preauth import Asked, PreAuthFlow
from feiqian.auth.sessions.service import Sessions
from feiqian.auth.signing_in import SigningIn
from feiqian.kyc import numbers
from feiqian.policy.factors import Factor, Purpose
from feiqian.runtime.transactions import writes
from feiqian.subjects import Role, Subject

# They were enrolled on a device that the customer had before, and sign for no other site: no thief's device has them.
_OWN_DEVICE = frozenset({Factor.PASSKEY, Factor.SHIELD})


@dataclass(kw_only=True, eq=False, repr=False)
class SignIn(SigningIn, PreAuthFlow):
    """A device that is new to the customer is told on every channel, and low limits hold for a time (abuse case 39)."""

    kinds = ("sign_in",)
    role, binding = Role.CUSTOMER, ChallengeBinding(purpose=Purpose.SIGN_IN)

    sessions: Sessions

    @writes
    def finish(
        self, connection: Connection, challenge: str, user_agent: str = "", device_token: str | None = None
    ) -> Opened:
        """Opens the session. Raises NotPassed, ChallengeOver, PreAuthFlowOver."""
        asked = self._asked(connection, challenge)
        return self._open(connection, challenge, asked.subject, asked.language, (user_agent, device_token))

    def _name(self, typed: str) -> str:
        return numbers.mobile(typed)

    def _whose(self, connection: Connection, name: str) -> Subject:
        return self.records.owner(connection, name)

    def _begun(self, connection: Connection, challenge: str, subject: Subject, language: str) -> None:
        self.records.remember(connection, challenge, Asked(subject, "sign_in", language))

    def _failed(self, connection: Connection, subject: Subject, error: VerificationError, user_agent: str) -> None:
        what = "locked" if isinstance(error, Locked) else "wrong"
        sign_ins.record(connection, subject, what, user_agent, self.clock.now())

    def _opened(self, connection: Connection, opened: Opened, passed: Passed, user_agent: str, now: int) -> None:
        subject = opened.session.subject
        sign_ins.record(
            connection, subject, "ok", user_agent, now, factors=passed.factors, new_device=opened.new_device
        )
        details = {"device": opened.session.user_agent, "factors": tuple(map(str, passed.factors))}
        if opened.new_device:
            self._beware(connection, opened, passed, now)
        # What comes later is in the language that they use now, if they have chosen none; the warning before was not.
        self.customers.profiles.use_language(connection, subject.customer, opened.session.language)
        self._record(connection, subject, "signed_in", details)  # after the profile

    def _beware(self, connection: Connection, opened: Opened, passed: Passed, now: int) -> None:
        number = opened.session.subject.customer
        self.notices.signed_in(connection, number, opened.session.user_agent, now)
        if not _OWN_DEVICE.intersection(passed.factors):
            self.notices.cool(connection, number, now)
