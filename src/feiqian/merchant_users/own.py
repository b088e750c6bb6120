"""What one of a merchant's people signs in with, and where they are signed in: looked at, changed, ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection

from feiqian.audit_log.log import AuditLog
from feiqian.auth.challenges import credentials
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView, FactorView, TotpEnrolment
from feiqian.auth.challenges.service import Verification
from feiqian.auth.secrets import Known, Secrets
from feiqian.auth.sessions.model import Session
from feiqian.auth.sessions.service import Sessions
from feiqian.clock import Clock
from feiqian.merchant_users.errors import FactorNeeded
from feiqian.merchant_users.invitations import Letters
from feiqian.merchant_users.model import Member
from feiqian.policy.factors import Factor, Purpose
from feiqian.runtime.transactions import Refused, Transactions, reads, writes

REMOVE, PASSWORD = "remove", "password"
ADDED = (Factor.TOTP, Factor.PASSKEY, Factor.SHIELD)


class Change(NamedTuple):
    """What is changed: `password`, `totp`, `passkey`, `shield`, or `remove` of the factor with this id."""

    what: str
    factor: str = ""


@dataclass(kw_only=True, eq=False, repr=False)
class OwnAccess:
    """Of the member's own; another's ids are not found. Each change spends a challenge of fresh factors."""

    transactions: Transactions
    clock: Clock
    audit_log: AuditLog
    sessions: Sessions
    factors: Factors
    verification: Verification
    secrets: Secrets
    letters: Letters

    @reads
    def all(self, connection: Connection, member: Member) -> list[FactorView]:
        """What one signs in with."""
        return self.factors.list.within(connection, member.subject)

    @reads
    def signed_in(self, connection: Connection, member: Member) -> list[Session]:
        """Where one is signed in, the newest first."""
        return self.sessions.list(connection, member.subject)

    @writes
    def sign_out_everywhere(self, connection: Connection, member: Member) -> int:
        """Every session but this one ends."""
        ended = self.sessions.close_all(connection, member.subject, except_session=member.session.id)
        self._record(connection, member, "signed_out_everywhere", {"sessions_ended": ended})
        return ended

    @writes
    def confirm(self, connection: Connection, member: Member, change: Change, language: str) -> ChallengeView:
        """Begins the challenge that the change spends. Raises FactorNotFound, FactorNeeded, FactorNotEnrolled."""
        if change.what == REMOVE:
            savepoint = connection.begin_nested()  # what would be refused is refused before anybody confirms it
            try:
                self._remove(connection, member, change.factor)
            finally:
                savepoint.rollback()
        device = member.session.device
        binding = self._binding(connection, member, change)
        return self.verification.begin.within(connection, member.subject, binding, language, device=device)

    @writes
    def remove(self, connection: Connection, member: Member, change: Change, challenge: str) -> None:
        """Raises FactorNotFound, FactorNeeded, and verification's errors."""
        self._consume(connection, member, change, challenge)
        self._remove(connection, member, change.factor)
        self._changed(connection, member, "factor_removed", {"factor": change.factor}, "factor_removed")

    @writes
    def begin_totp(self, connection: Connection, member: Member, change: Change, challenge: str) -> TotpEnrolment:
        self._consume(connection, member, change, challenge)
        return self.factors.begin_totp.within(connection, member.subject, member.user.email)

    @writes
    def finish_totp(self, connection: Connection, member: Member, enrolment: str, code: str) -> None:
        """Raises AnswerWrong, FactorNotFound."""
        self._added(connection, member, self.factors.confirm_totp.within(connection, member.subject, enrolment, code))

    @writes
    def begin_key(
        self, connection: Connection, member: Member, change: Change, challenge: str
    ) -> tuple[str, dict[str, Any]]:
        self._consume(connection, member, change, challenge)
        user, factor = member.user, Factor(change.what)
        return self.factors.begin_key.within(connection, member.subject, user.email, user.name, factor)

    @writes
    def finish_key(self, connection: Connection, member: Member, enrolment: str, response: str, label: str) -> None:
        """Raises EnrolmentRefused, FactorNotFound."""
        added = self.factors.finish_key.within(connection, member.subject, enrolment, response, label)
        self._added(connection, member, added)

    async def change_password(self, member: Member, challenge: str, new: str) -> None:
        """Every other session ends. Raises TooWeak, SecretUnchanged, and verification's errors.

        Two transactions, because hashes are slow and one that writes keeps all others waiting.
        """
        known = await self.transactions.write(self._known, member, challenge)
        hashed = await self.secrets.hash(known, Factor.PASSWORD, new)
        await self.transactions.write(self._put_password, member, challenge, hashed)

    # --- steps -----------------------------------------------------------------------------------------------------

    def _known(self, connection: Connection, member: Member, challenge: str) -> Known | Refused:
        """What a new password is compared with: only after the proof."""
        binding, user = self._binding(connection, member, Change(PASSWORD)), member.user
        refused = self.verification.check_passed(connection, challenge, member.subject, binding)
        old = credentials.secret_of(connection, member.subject, Factor.PASSWORD)
        own = [user.email, *user.name.split(), member.merchant.name, "feiqian"]
        return refused or Known(own, old.decode() if old is not None else None)

    def _put_password(self, connection: Connection, member: Member, challenge: str, hashed: str) -> None:
        self._consume(connection, member, Change(PASSWORD), challenge)
        now, here = self.clock.now(), member.session.id
        self.secrets.put(connection, member.subject, Factor.PASSWORD, hashed, now, except_session=here)
        self._changed(connection, member, "password_changed", {}, "password")

    def _remove(self, connection: Connection, member: Member, factor: str) -> None:
        self.factors.remove.within(connection, member.subject, factor)
        if not self.verification.can_pass(connection, member.subject, Purpose.MERCHANT_SIGN_IN):
            raise FactorNeeded

    def _added(self, connection: Connection, member: Member, added: FactorView) -> None:
        self._changed(connection, member, "factor_added", {"factor": str(added.factor)}, str(added.factor))

    def _consume(self, connection: Connection, member: Member, change: Change, challenge: str) -> None:
        binding, now = self._binding(connection, member, change), self.clock.now()
        self.verification.consume_within(connection, challenge, member.subject, binding, now)

    def _binding(self, connection: Connection, member: Member, change: Change) -> ChallengeBinding:
        """What the change is bound to; of a factor that goes, its sort and name are said. Raises FactorNotFound."""
        kind, label = f"own_{change.what}", ""
        if change.what == REMOVE:
            removed = self.factors.removable.within(connection, member.subject, change.factor)
            kind, label = f"{kind}_{removed.factor}", removed.label
        return ChallengeBinding(purpose=Purpose.MERCHANT_ACT, kind=kind, reference=label, ids=change.factor)

    def _changed(
        self, connection: Connection, member: Member, action: str, details: dict[str, object], what: str
    ) -> None:
        self._record(connection, member, action, details)
        self.letters.changed(connection, member.user, what, self.clock.now())

    def _record(self, connection: Connection, member: Member, action: str, details: dict[str, object]) -> None:
        subject = member.subject
        self.audit_log.append(connection, subject, action, str(subject), details, self.clock.now())
