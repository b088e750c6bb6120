"""Staff: enrol and sign in as all who work here, are found by their session, are suspended at once."""

from __future__ import annotations

from sqlalchemy import Connection

from feiqian.audit_log.log import AuditLog
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.auth.challenges.service import Verification
from feiqian.auth.sessions.model import Session
from feiqian.auth.sessions.service import Sessions
from feiqian.auth.work_sign_in import Invited, WorkSignIn
from feiqian.backoffice.errors import MemberNotFound
from feiqian.backoffice.members import Members, login_of, require
from feiqian.backoffice.model import MemberState, SignedIn, StaffMember, StaffRole
from feiqian.clock import Clock
from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.policy.factors import Purpose
from feiqian.runtime.paging import FIRST, Ask, Page
from feiqian.runtime.transactions import Transactions, reads, writes
from feiqian.runtime.work import Work
from feiqian.subjects import Role, Subject

MANY = 50


class Staff(WorkSignIn[StaffMember, SignedIn]):
    """The staff of one bank."""

    role, binding = Role.STAFF, ChallengeBinding(purpose=Purpose.STAFF_SIGN_IN)
    asked = "the login, the password or the code"

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
        self.cipher, self.clock, self.transactions = cipher, clock, Transactions(db, work)
        self.audit_log, self.sessions, self.verification, self.factors = audit_log, sessions, verification, factors
        self.members = Members(audit_log, sessions)

    # --- signing in --------------------------------------------------------------------------------------------

    def _invited(self, connection: Connection, token: str) -> Invited:
        member, since = self.members.enrolling(connection, token, self.clock.now())
        return Invited(member.subject, member.login, member.name, since)

    def _enrolled(self, connection: Connection, token: str) -> StaffMember:
        return self.members.enrolled(connection, token, self.clock.now())

    def _account(self, connection: Connection, subject: Subject) -> StaffMember:
        return self.members.by_number(connection, subject.number)

    def _login(self, typed: str) -> str:
        return login_of(typed)

    def _at_work_as(self, connection: Connection, name: str) -> Subject | None:
        try:
            member = self.members.by_login(connection, name)
        except MemberNotFound:
            return None
        return member.subject if member.state is MemberState.ACTIVE else None

    def _at_work(self, connection: Connection, number: int) -> StaffMember | None:
        try:
            member = self.members.by_number(connection, number)
        except MemberNotFound:
            return None
        return member if member.state is MemberState.ACTIVE else None

    def _signed_in(self, connection: Connection, session: Session) -> SignedIn | None:
        member = self._at_work(connection, session.subject.number)
        return SignedIn(member, session) if member else None

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
        self.audit_log.append(connection, by.subject, "staff_opened", str(member.subject), {}, self.clock.now())
        return member

    @reads
    def locked(self, connection: Connection, member: StaffMember) -> bool:
        """Whether too many wrong answers have locked the account's password and token for now."""
        return self.verification.lock_of(connection, member.subject) is not None

    @reads
    def logins(self, connection: Connection) -> dict[int, str]:
        """The logins by number, for pages that name who did something."""
        return self.members.names(connection)
