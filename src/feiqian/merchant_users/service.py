"""Merchants' people enrol and sign in as all who work here, and are found by their session."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection

from feiqian.audit_log.log import AuditLog
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.model import ChallengeBinding, Passed
from feiqian.auth.challenges.service import Verification
from feiqian.auth.sessions.model import Opened, Session
from feiqian.auth.sessions.service import Sessions
from feiqian.auth.work_sign_in import Invited, WorkSignIn
from feiqian.clock import Clock
from feiqian.field_cipher import FieldCipher
from feiqian.merchant_users.errors import UserNotFound
from feiqian.merchant_users.invitations import Letters
from feiqian.merchant_users.model import Member, MerchantUser, UserState
from feiqian.merchant_users.users import Users, login_of
from feiqian.merchants.registry import Merchants
from feiqian.policy.factors import Purpose
from feiqian.runtime.transactions import Transactions, writes
from feiqian.subjects import Role, Subject


@dataclass(kw_only=True, eq=False, repr=False)
class MerchantUsers(WorkSignIn[MerchantUser, Member]):
    """Of one bank."""

    role, binding = Role.USER, ChallengeBinding(purpose=Purpose.MERCHANT_SIGN_IN)
    asked = "the address, the password or the code"

    transactions: Transactions
    clock: Clock
    cipher: FieldCipher
    audit_log: AuditLog
    sessions: Sessions
    verification: Verification
    factors: Factors
    merchants: Merchants
    letters: Letters
    users: Users = field(init=False)

    def __post_init__(self) -> None:
        self.users = Users(self.cipher, self.audit_log, self.sessions)

    @writes
    def name(self, connection: Connection, token: str, name: str) -> MerchantUser:
        """What whoever was invited is called. Raises EnrolmentOver, UserInvalid."""
        return self.users.name(connection, token, name, self.clock.now())

    # --- what is theirs of signing in -------------------------------------------------------------------------------

    def _invited(self, connection: Connection, token: str) -> Invited:
        user = self.users.invited(connection, token, self.clock.now())
        return Invited(user.subject, user.email, user.name or user.email, user.invited_at)

    def _enrolled(self, connection: Connection, token: str) -> MerchantUser:
        return self.users.enrolled(connection, token, self.clock.now())

    def _account(self, connection: Connection, subject: Subject) -> MerchantUser:
        return self.users.by_number(connection, subject.number)

    def _login(self, typed: str) -> str:
        return login_of(typed)

    def _at_work_as(self, connection: Connection, name: str) -> Subject | None:
        try:
            user = self.users.by_login(connection, name)
        except UserNotFound:
            return None
        return user.subject if user.state is UserState.ACTIVE else None

    def _opened(self, connection: Connection, opened: Opened, passed: Passed, user_agent: str, now: int) -> None:
        """Somebody who signs in from a device that they have not used before is told of it."""
        super()._opened(connection, opened, passed, user_agent, now)
        user = self.users.by_number(connection, opened.session.subject.number)
        self.users.speaks(connection, user, opened.session.language)
        if opened.new_device:
            self.letters.signed_in(connection, user, opened.session.user_agent, now)

    def _at_work(self, connection: Connection, number: int) -> MerchantUser | None:
        try:
            user = self.users.by_number(connection, number)
        except UserNotFound:
            return None
        return user if user.state is UserState.ACTIVE else None

    def _signed_in(self, connection: Connection, session: Session) -> Member | None:
        user = self._at_work(connection, session.subject.number)
        merchant = self.merchants.by_number(user.merchant) if user else None
        return Member(user, merchant, session) if user and merchant else None
