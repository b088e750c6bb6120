"""Staff: enrol, sign in with two factors, are found by their session, are suspended at once.

Login and password alone open nothing: a session is opened only for a challenge of the purpose staff sign-in that was
passed and is spent for it, as the policy asks. Who is unknown, not enrolled or suspended is treated as nobody known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from feiqian.audit_log.log import AuditLog
from feiqian.auth.challenges.errors import Locked, VerificationError
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.model import ChallengeBinding, Passed, TotpEnrolment
from feiqian.auth.challenges.service import Verification
from feiqian.auth.errors import SignInLocked, SignInRefused
from feiqian.auth.sessions.model import Opened
from feiqian.auth.sessions.service import Sessions
from feiqian.auth.signing_in import SigningIn
from feiqian.backoffice.errors import EnrolmentOver, MemberNotFound
from feiqian.backoffice.members import Members, login_of, require
from feiqian.backoffice.model import MemberState, SignedIn, StaffMember, StaffRole
from feiqian.clock import Clock
from feiqian.db import BankDb
from feiqian.errors import FeiqianError
from feiqian.field_cipher import FieldCipher
from feiqian.policy.factors import Factor, Purpose
from feiqian.runtime import logs
from feiqian.runtime.paging import FIRST, Ask, Page
from feiqian.runtime.transactions import Refused, Transactions, reads, writes, writes_or_refuses
from feiqian.runtime.work import Work
from feiqian.subjects import Role, Subject

MANY = 50
ASKED = "the login, the password or the code"

_log = logs.get("feiqian.staff")


class Staff(SigningIn):
    """The staff of one bank."""

    role, binding = Role.STAFF, ChallengeBinding(purpose=Purpose.STAFF_SIGN_IN)

    def __init__(
        self,
        db: BankDb,
        cipher: FieldCipher,
        clock: Clock,
        work: Work,
        audit_log: AuditLog,
        sessions: Sessions,
        verification: Verification,
        factors: Factors,
    ) -> None:
        self._cipher, self.clock, self.transactions = cipher, clock, Transactions(db, work)
        self._audit_log, self.sessions, self.verification, self._factors = audit_log, sessions, verification, factors
        self.members = Members(audit_log, sessions)

    # --- enrolling ---------------------------------------------------------------------------------------------

    @reads
    def enrolment(self, connection: Connection, token: str) -> StaffMember:
        """Whom this token enrols. Raises EnrolmentOver."""
        return self.members.enrolling(connection, token, self.clock.now())[0]

    async def choose_password(self, token: str, password: str) -> None:
        """The first factor of two. Raises EnrolmentOver, TooWeak."""
        member = await self.transactions.write(self._fresh, token)
        await self._factors.set_password(member.subject, password, [member.login, *member.name.split(), "feiqian"])

    @writes
    def begin_token(self, connection: Connection, token: str) -> TotpEnrolment:
        """The second: a one-time-code token's secret. Raises EnrolmentOver."""
        member = self.enrolment.within(connection, token)
        return self._factors.begin_totp.within(connection, member.subject, member.login)

    @writes
    def finish_token(self, connection: Connection, token: str, enrolment: str, code: str) -> StaffMember:
        """The account is at work once the first code is right. Raises EnrolmentOver, AnswerWrong, FactorNotFound."""
        member = self.enrolment.within(connection, token)
        if not self._factors.has(connection, member.subject, Factor.PASSWORD):
            raise EnrolmentOver
        self._factors.confirm_totp.within(connection, member.subject, enrolment, code)
        return self.members.enrolled(connection, token, self.clock.now())

    @writes
    def begin_key(self, connection: Connection, token: str, factor: Factor) -> tuple[str, dict[str, Any]]:
        """Instead of both: a passkey or security key, which is two factors. Raises EnrolmentOver."""
        member = self._fresh(connection, token)
        return self._factors.begin_key.within(connection, member.subject, member.login, member.name, factor)

    @writes
    def finish_key(self, connection: Connection, token: str, enrolment: str, response: str, label: str) -> StaffMember:
        """Raises EnrolmentOver, EnrolmentRefused, FactorNotFound."""
        member = self.enrolment.within(connection, token)
        self._factors.finish_key.within(connection, member.subject, enrolment, response, label)
        return self.members.enrolled(connection, token, self.clock.now())

    def _fresh(self, connection: Connection, token: str) -> StaffMember:
        """The member, rid of tokens and keys of before this invitation: those may be in somebody else's hands."""
        member, invited_at = self.members.enrolling(connection, token, self.clock.now())
        for view in self._factors.list.within(connection, member.subject):
            if view.added_at < invited_at and view.factor in (Factor.TOTP, Factor.PASSKEY, Factor.SHIELD):
                self._factors.remove.within(connection, member.subject, view.id)
        return member

    # --- signing in --------------------------------------------------------------------------------------------

    @writes_or_refuses
    def code(
        self,
        connection: Connection,
        login: str,
        challenge: str,
        code: str,
        user_agent: str,
        language: str,
        device_token: str | None = None,
    ) -> Opened | Refused:
        """The second step, by a one-time-code token. Raises SignInRefused, SignInLocked."""
        subject = self._whose(connection, login)
        try:
            answered = self.verification.answer_fast(connection, challenge, subject, Factor.TOTP, code)
            if isinstance(answered, Refused):
                return Refused(self._refusal(answered.error, subject))
            return self._open(connection, challenge, subject, language, (user_agent, device_token))
        except VerificationError as error:
            raise self._refusal(error, subject) from None

    @writes
    def sign_out(self, connection: Connection, who: SignedIn) -> None:
        """Ends this session, at once."""
        if self.sessions.close(connection, who.session.id, who.subject):
            details, now = {"session": who.session.id}, self.clock.now()
            self._audit_log.append(connection, who.subject, "signed_out", str(who.subject), details, now)

    async def of_session(self, token: str) -> SignedIn | None:
        """Who is at work by this token: only while the session lives and the account is not suspended."""
        session = await self.sessions.find(token)
        if session is None or session.subject.role is not Role.STAFF:
            return None
        member = await self.transactions.read(self._at_work, session.subject.number)
        return SignedIn(member, session) if member else None

    def _whose(self, connection: Connection, name: str) -> Subject:
        """Nobody, unless an account of this login is at work."""
        try:
            member = self.members.by_login(connection, name)
        except MemberNotFound:
            member = None
        if member is not None and member.state is MemberState.ACTIVE:
            return member.subject
        blind_index = self._cipher.blind_index(login_of(name), "nobody of staff")
        return Subject(Role.NOBODY, int.from_bytes(blind_index[:7], "big"))

    async def _opening(self, rule: Callable[[Connection], Opened]) -> Opened:
        try:
            return await super()._opening(rule)
        except VerificationError as error:
            raise self._refusal(error, None) from None

    def _opened(self, connection: Connection, opened: Opened, passed: Passed, user_agent: str, now: int) -> None:
        subject = opened.session.subject
        if subject.role is not Role.STAFF or self._at_work(connection, subject.number) is None:
            raise SignInRefused(ASKED)
        details = {"factors": passed.factors, "session": opened.session.id}
        self._audit_log.append(connection, subject, "signed_in", str(subject), details, now)

    def _at_work(self, connection: Connection, number: int) -> StaffMember | None:
        try:
            member = self.members.by_number(connection, number)
        except MemberNotFound:
            return None
        return member if member.state is MemberState.ACTIVE else None

    def _refusal(self, error: FeiqianError, subject: Subject | None) -> FeiqianError:
        """The same for everybody. It is logged and not in the audit log, which strangers must not be able to fill."""
        _log.warning("staff_sign_in_refused", subject=str(subject or "unknown"), why=type(error).__name__)
        return SignInLocked(error.until) if isinstance(error, Locked) else SignInRefused(ASKED)

    # --- accounts ----------------------------------------------------------------------------------------------

    @writes
    def suspend(self, connection: Connection, id: str, by: StaffMember) -> StaffMember:
        """One admin suffices: what stops somebody need not wait. Raises NotAllowed, MemberNotFound."""
        require(by, StaffRole.ADMIN)
        member = self.members.by_id(connection, id)
        return self.members.suspend(connection, member.number, by.subject, self.clock.now())

    @reads
    def accounts(self, connection: Connection, by: StaffMember, ask: Ask = FIRST) -> Page[StaffMember]:
        """A page of the accounts, in order of joining. Raises NotAllowed."""
        require(by, StaffRole.ADMIN)
        return self.members.page(connection, ask, MANY)

    @writes
    def member(self, connection: Connection, id: str, by: StaffMember) -> StaffMember:
        """One account. Raises NotAllowed, MemberNotFound."""
        require(by, StaffRole.ADMIN)
        member = self.members.by_id(connection, id)
        self._audit_log.append(connection, by.subject, "staff_opened", str(member.subject), {}, self.clock.now())
        return member

    @reads
    def locked(self, connection: Connection, member: StaffMember) -> bool:
        """Whether too many wrong answers have locked the account's password and token for now."""
        return self.verification.lock_of(connection, member.subject) is not None

    @reads
    def logins(self, connection: Connection) -> dict[int, str]:
        """The logins by number, for pages that name who did something."""
        return self.members.names(connection)
