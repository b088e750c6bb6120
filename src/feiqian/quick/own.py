"""What a customer who is signed in does with quick payment. What opens it needs a challenge; what stops it, nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from feiqian.auth.base import AccessService
from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.auth.challenges.service import Verification
from feiqian.auth.model import ChallengeView, Session
from feiqian.deposits.model import DepositAccount
from feiqian.deposits.service import Deposits
from feiqian.policy.factors import Purpose
from feiqian.quick.model import Pause, Quick, Way
from feiqian.quick.service import QuickService
from feiqian.runtime.transactions import writes


@dataclass(kw_only=True, eq=False, repr=False)
class OwnQuick(AccessService):
    """Every method is of the session's own accounts: another's is AccountNotFound."""

    verification: Verification
    deposits: Deposits
    quick: QuickService

    @writes
    def challenge(self, connection: Connection, session: Session, account: str) -> ChallengeView:
        """Begins a challenge for `open`. Raises AccountNotFound, FactorNotEnrolled."""
        binding = _binding(self._account(connection, session, account))
        begin = self.verification.begin.within
        return begin(connection, session.subject, binding, session.language, device=session.device)

    @writes
    def open(self, connection: Connection, session: Session, challenge: str, account: str) -> Quick:
        """Opens it, or resumes what is paused; spends the challenge. Raises QuickRefused, and verification's errors."""
        own = self._account(connection, session, account)
        now = self.clock.now()
        self.verification.consume_within(connection, challenge, session.subject, _binding(own), now)
        self.quick.open_within(connection, own, session.subject, Way.WALLET)
        return self.quick.of(connection, own)

    @writes
    def pause(self, connection: Connection, session: Session, account: str) -> Quick:
        """Nothing is paid by it until it is opened again. Raises QuickRefused if it is closed."""
        own = self._account(connection, session, account)
        self.quick.pause_within(connection, own, session.subject, Pause.HOLDER)
        return self.quick.of(connection, own)

    @writes
    def close(self, connection: Connection, session: Session, account: str) -> Quick:
        """Again: nothing more happens. Raises QuickRefused if staff have paused it."""
        own = self._account(connection, session, account)
        self.quick.close_within(connection, own, session.subject)
        return self.quick.of(connection, own)

    def _account(self, connection: Connection, session: Session, account: str) -> DepositAccount:
        return self.deposits.own(connection, session.subject.customer, account)


def _binding(account: DepositAccount) -> ChallengeBinding:
    purpose, payer = Purpose.CHANGE_QUICK, f"...{account.last_four}"
    return ChallengeBinding(purpose=purpose, kind="open", payer=payer, ids=account.id)
