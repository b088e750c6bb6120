"""Whoever signs in to work: the bank's staff, and the people of its merchants. Invited by a token, enrolled, signed in.

A name and a password alone open nothing: a session is opened only for a challenge of the purpose that was passed, as
the policy asks, and is spent for it. Who is unknown, not enrolled or out of work is treated as nobody known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Connection

from feiqian.audit_log.log import AuditLog
from feiqian.auth.challenges.errors import Locked, VerificationError
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.model import Passed, TotpEnrolment
from feiqian.auth.errors import EnrolmentOver, SignInLocked, SignInRefused
from feiqian.auth.sessions.model import Opened, Session
from feiqian.auth.signing_in import SigningIn
from feiqian.errors import FeiqianError
from feiqian.field_cipher import FieldCipher
from feiqian.policy.factors import Factor
from feiqian.runtime import logs
from feiqian.runtime.transactions import Refused, reads, writes, writes_or_refuses
from feiqian.subjects import Role, Subject

M = TypeVar("M")
P = TypeVar("P")
_log = logs.get("feiqian.sign_in")


class Invited(NamedTuple):
    """Whom a token enrols. `login` names the account in token apps; `since` is when they were invited (Unix
    microseconds): factors of before may be in somebody else's hands."""

    subject: Subject
    login: str
    name: str
    since: int


class WorkSignIn(SigningIn, Generic[M, P]):
    """The rules in common; `M` is an account, `P` whoever is signed in by one. Whoever is built on them sets the
    attributes."""

    asked: str  # what a refusal calls what was entered
    cipher: FieldCipher
    audit_log: AuditLog
    factors: Factors

    # --- enrolling ---------------------------------------------------------------------------------------------

    @reads
    def enrolment(self, connection: Connection, token: str) -> M:
        """Whom this token enrols. Raises EnrolmentOver."""
        return self._account(connection, self._invited(connection, token).subject)

    async def choose_password(self, token: str, password: str) -> None:
        """The first factor of two. Raises EnrolmentOver, TooWeak."""
        invited = await self.transactions.write(self._fresh, token)
        own = [invited.login, *invited.name.split(), "feiqian"]
        hashed = await self.factors.new_password(password, own)
        await self.transactions.write(self._put_password, token, hashed)

    @writes
    def begin_token(self, connection: Connection, token: str) -> TotpEnrolment:
        """The second: a one-time-code token's secret. Raises EnrolmentOver."""
        invited = self._invited(connection, token)
        return self.factors.begin_totp.within(connection, invited.subject, invited.login)

    @writes
    def finish_token(self, connection: Connection, token: str, enrolment: str, code: str) -> M:
        """The account is at work once the first code is right. Raises EnrolmentOver, AnswerWrong, FactorNotFound."""
        invited = self._invited(connection, token)
        if not self.factors.has(connection, invited.subject, Factor.PASSWORD):
            raise EnrolmentOver
        self.factors.confirm_totp.within(connection, invited.subject, enrolment, code)
        return self._enrolled(connection, token)

    @writes
    def begin_key(self, connection: Connection, token: str, factor: Factor) -> tuple[str, dict[str, Any]]:
        """Instead of both: a passkey or security key, which is two factors. Raises EnrolmentOver."""
        invited = self._fresh(connection, token)
        return self.factors.begin_key.within(connection, invited.subject, invited.login, invited.name, factor)

    @writes
    def finish_key(self, connection: Connection, token: str, enrolment: str, response: str, label: str) -> M:
        """Raises EnrolmentOver, EnrolmentRefused, FactorNotFound."""
        invited = self._invited(connection, token)
        self.factors.finish_key.within(connection, invited.subject, enrolment, response, label)
        return self._enrolled(connection, token)

    def _put_password(self, connection: Connection, token: str, hashed: str) -> None:
        subject = self._invited(connection, token).subject  # the token may have been used while the hash was computed
        self.factors.put_secret(connection, subject, Factor.PASSWORD, hashed, self.clock.now())

    def _fresh(self, connection: Connection, token: str) -> Invited:
        """Whom the token enrols, rid of tokens and keys of before: those may be in somebody else's hands."""
        invited = self._invited(connection, token)
        for view in self.factors.list.within(connection, invited.subject):
            if view.added_at < invited.since and view.factor in (Factor.TOTP, Factor.PASSKEY, Factor.SHIELD):
                self.factors.remove.within(connection, invited.subject, view.id)
        return invited

    # --- signing in --------------------------------------------------------------------------------------------

    @writes_or_refuses
    def code(
        self,
        connection: Connection,
        name: str,
        challenge: str,
        code: str,
        user_agent: str,
        language: str,
        device_token: str | None = None,
    ) -> Opened | Refused:
        """The second step, by a one-time-code token. Raises SignInRefused, SignInLocked."""
        subject = self._whose(connection, name)
        try:
            answered = self.verification.answer_fast(connection, challenge, subject, Factor.TOTP, code)
            if isinstance(answered, Refused):
                return Refused(self._refusal(answered.error, subject))
            return self._open(connection, challenge, subject, language, (user_agent, device_token))
        except VerificationError as error:
            raise self._refusal(error, subject) from None

    async def of_session(self, token: str, *, used: bool = True) -> P | None:
        """Who is at work by this token: only while the session lives and the account may be used. It is marked as
        used, unless a page asks by itself."""
        session = await self.sessions.find(token, used=used)
        if session is None or session.subject.role is not self.role:
            return None
        return await self.transactions.read(self._signed_in, session)

    @writes
    def sign_out(self, connection: Connection, session: Session) -> None:
        """Ends this session, at once."""
        subject = session.subject
        if self.sessions.close(connection, session.id, subject):
            details, now = {"session": session.id}, self.clock.now()
            self.audit_log.append(connection, subject, "signed_out", str(subject), details, now)

    def _whose(self, connection: Connection, name: str) -> Subject:
        """Nobody, unless an account of this name is at work."""
        if (subject := self._at_work_as(connection, name)) is not None:
            return subject
        blind_index = self.cipher.blind_index(self._login(name), f"nobody of {self.role}")
        return Subject(Role.NOBODY, int.from_bytes(blind_index[:7], "big"))

    async def _opening(self, rule: Callable[[Connection], Opened]) -> Opened:
        try:
            return await super()._opening(rule)
        except VerificationError as error:
            raise self._refusal(error, None) from None

    def _opened(self, connection: Connection, opened: Opened, passed: Passed, user_agent: str, now: int) -> None:
        subject = opened.session.subject
        if subject.role is not self.role or not self._at_work(connection, subject.number):
            raise SignInRefused(self.asked)
        details = {"factors": passed.factors, "session": opened.session.id}
        self.audit_log.append(connection, subject, "signed_in", str(subject), details, now)

    def _refusal(self, error: FeiqianError, subject: Subject | None) -> FeiqianError:
        """The same for everybody. It is logged and not in the audit log, which strangers must not be able to fill."""
        _log.warning("sign_in_refused", to=str(self.role), subject=str(subject or "unknown"), why=type(error).__name__)
        return SignInLocked(error.until) if isinstance(error, Locked) else SignInRefused(self.asked)

    # --- in which staff and merchants' people differ -----------------------------------------------------------------

    def _invited(self, connection: Connection, token: str) -> Invited:
        """Raises EnrolmentOver."""
        raise NotImplementedError

    def _enrolled(self, connection: Connection, token: str) -> M:
        """The account is at work from now on, and the token is used. Raises EnrolmentOver, for the second of two."""
        raise NotImplementedError

    def _account(self, connection: Connection, subject: Subject) -> M:
        """The account of this subject, which there is."""
        raise NotImplementedError

    def _login(self, typed: str) -> str:
        """A name as it is compared."""
        raise NotImplementedError

    def _at_work_as(self, connection: Connection, name: str) -> Subject | None:
        """Who is at work by this name."""
        raise NotImplementedError

    def _at_work(self, connection: Connection, number: int) -> M | None:
        """The account of this number, if it may be used."""
        raise NotImplementedError

    def _signed_in(self, connection: Connection, session: Session) -> P | None:
        """Whose session it is, if the account may be used."""
        raise NotImplementedError
