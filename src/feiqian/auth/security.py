"""The security centre of a customer who is signed in: what there is, and stopping all.

Freezing asks for nothing but the session, so that it is done in one tap; what it takes to unfreeze is in the policy.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from feiqian.accounts.service import Accounts
from feiqian.auth import sign_ins
from feiqian.auth.base import AccessService
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.auth.challenges.service import Verification
from feiqian.auth.freezing import Freezing
from feiqian.auth.model import Overview, Session
from feiqian.auth.sessions.service import Sessions
from feiqian.cases.model import Case, Kind
from feiqian.cases.service import Cases
from feiqian.policy.factors import Purpose
from feiqian.policy.model import Policy
from feiqian.runtime.transactions import reads, writes
from feiqian.subjects import Role
from feiqian.texts import Texts, texts_in


@dataclass(kw_only=True, eq=False, repr=False)
class Security(AccessService):
    """Every method is of the session's own customer; another's ids are not found (abuse case 28)."""

    policy: Policy
    accounts: Accounts
    sessions: Sessions
    factors: Factors
    verification: Verification
    customer_cases: Cases
    freezing: Freezing

    async def overview(self, session: Session) -> Overview:
        """Devices, factors, sessions, recent sign-ins, whether frozen. Raises CustomerNotFound."""
        stopped = self.accounts.frozen(session.subject.customer)  # the ledger is asked in the event loop
        return await self.transactions.read(self._overview, session, stopped)

    def _overview(self, connection: Connection, session: Session, stopped: bool) -> Overview:
        subject = session.subject
        profile = self.customers.profiles.need(connection, subject.customer)
        return Overview(
            profile=profile,
            level=self.policy.level_numbered(profile.level).name,
            sessions=tuple(self.sessions.list(connection, subject)),
            devices=tuple(self.sessions.devices(connection, subject, session)),
            factors=tuple(self.factors.list.within(connection, subject)),
            sign_ins=sign_ins.newest(connection, subject),
            frozen=profile.frozen or stopped,
            frozen_by_bank=profile.frozen_by is not None and profile.frozen_by.role is Role.STAFF,
            cooling=self.clock.now() < profile.cooling_until,
        )

    @reads
    def cases(self, connection: Connection, session: Session) -> list[Case]:
        """The customer's cases, the newest first."""
        return self.customer_cases.of(connection, session.subject.customer)

    # --- stopping ------------------------------------------------------------------------------------------------

    async def freeze(self, session: Session) -> None:
        """Nothing leaves the wallets when this returns."""
        await self.freezing.freeze(session.subject.customer, session.subject)

    async def unfreeze(self, session: Session, challenge: str) -> None:
        """Raises FrozenByBank, NotFrozen, and verification's errors."""

        def consume(connection: Connection, now: int) -> None:
            binding = ChallengeBinding(purpose=Purpose.UNFREEZE)
            self.verification.consume_within(connection, challenge, session.subject, binding, now)

        await self.freezing.unfreeze(session.subject.customer, session.subject, consume)

    async def report_stolen(self, session: Session, note: str = "") -> Case:
        """Freezes, signs out everywhere else, forgets the other devices, opens a case."""
        await self.freeze(session)
        return await self.transactions.write(self._report_stolen, session, note)

    @writes
    def sign_out(self, connection: Connection, session: Session) -> None:
        """This session ends."""
        if self.sessions.close(connection, session.id, session.subject):
            self._record(connection, session.subject, "signed_out", {"session": session.id})

    @writes
    def sign_out_everywhere(self, connection: Connection, session: Session) -> None:
        """Every session but this one ends."""
        ended = self.sessions.close_all(connection, session.subject, except_session=session.id)
        self._record(connection, session.subject, "signed_out_everywhere", {"sessions_ended": ended})

    @writes
    def forget_device(self, connection: Connection, session: Session, device_id: str) -> bool:
        """And ends its sessions. False if it is none of theirs."""
        forgotten = self.sessions.forget_device(connection, session.subject, device_id)
        if forgotten:
            self._record(connection, session.subject, "device_forgotten", {"device": device_id})
        return forgotten

    def _report_stolen(self, connection: Connection, session: Session, note: str) -> Case:
        subject, now = session.subject, self.clock.now()
        ended = self.sessions.close_all(connection, subject, except_session=session.id)
        others = [d for d in self.sessions.devices(connection, subject, session) if d.id != session.device]
        for device in others:
            self.sessions.forget_device(connection, subject, device.id)
        case = self.customer_cases.open(connection, subject.customer, Kind.STOLEN_PHONE, note, subject, now)
        texts = texts_in(session.language)
        self.customer_cases.note(connection, case.id, texts("customers.case.frozen"), subject, now)
        case = self.customer_cases.note(connection, case.id, _done(texts, ended, len(others)), subject, now)
        self._record(connection, subject, "phone_stolen", {"sessions_ended": ended})
        self.notices.tell(connection, subject.customer, "case_opened", now)
        return case


def _done(texts: Texts, ended: int, forgotten: int) -> str:
    """What was done about so many other sign-ins and devices."""
    sign_ins = texts(f"customers.case.sign_ins.{_so_many(ended)}", count=ended)
    devices = texts(f"customers.case.devices.{_so_many(forgotten)}", count=forgotten)
    return texts("customers.case.signed_out", sign_ins=sign_ins, devices=devices)


def _so_many(count: int) -> str:
    return "none" if not count else "one" if count == 1 else "many"
