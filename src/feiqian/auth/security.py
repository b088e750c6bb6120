"""The security centre of a customer who is signed in: what there is, stopping all, and changing what proves them.

Freezing asks for nothing but the session, so that it is done in one tap; what it takes to unfreeze is in the policy.
"""

from __future__ import annotations

from sqlalchemy import Connection

from feiqian.auth import notifications, sign_ins
from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.auth.changing import Changing
from feiqian.auth.dependencies import Dependencies
from feiqian.auth.freezing import Freezing
from feiqian.auth.model import Overview, Session
from feiqian.cases.model import Case, Kind
from feiqian.policy.factors import Purpose
from feiqian.runtime.transactions import reads, writes
from feiqian.subjects import Role
from feiqian.texts import texts_in


class Security(Changing):
    """Every method is of the session's own customer; another's ids are not found (abuse case 28)."""

    def __init__(self, parts: Dependencies) -> None:
        super().__init__(parts)
        self._freezing = Freezing(parts)

    async def overview(self, session: Session) -> Overview:
        """Devices, factors, sessions, recent sign-ins, whether frozen. Raises CustomerNotFound."""
        stopped = self._p.accounts.frozen(session.subject.customer)  # the ledger is asked in the event loop
        return await self.transactions.read(self._overview, session, stopped)

    def _overview(self, connection: Connection, session: Session, stopped: bool) -> Overview:
        p, subject = self._p, session.subject
        profile = p.customers.profiles.need(connection, subject.customer)
        return Overview(
            profile=profile,
            level=p.policy.level_numbered(profile.level).name,
            sessions=tuple(p.sessions.list(connection, subject)),
            devices=tuple(p.sessions.devices(connection, subject, session)),
            factors=tuple(p.factors.list.within(connection, subject)),
            sign_ins=sign_ins.newest(connection, subject),
            frozen=profile.frozen or stopped,
            frozen_by_bank=profile.frozen_by is not None and profile.frozen_by.role is Role.STAFF,
            cooling=p.clock.now() < profile.cooling_until,
        )

    @reads
    def cases(self, connection: Connection, session: Session) -> list[Case]:
        """The customer's cases, the newest first."""
        return self._p.cases.of(connection, session.subject.customer)

    # --- stopping ------------------------------------------------------------------------------------------------

    async def freeze(self, session: Session) -> None:
        """Nothing leaves the wallets when this returns."""
        await self._freezing.freeze(session.subject.customer, session.subject)

    async def unfreeze(self, session: Session, challenge: str) -> None:
        """Raises FrozenByBank, NotFrozen, and verification's errors."""

        def consume(connection: Connection, now: int) -> None:
            binding = ChallengeBinding(purpose=Purpose.UNFREEZE)
            self._p.verification.consume_within(connection, challenge, session.subject, binding, now)

        await self._freezing.unfreeze(session.subject.customer, session.subject, consume)

    async def report_stolen(self, session: Session, note: str = "") -> Case:
        """Freezes, signs out everywhere else, forgets the other devices, opens a case."""
        await self.freeze(session)
        return await self.transactions.write(self._report_stolen, session, note)

    @writes
    def sign_out(self, connection: Connection, session: Session) -> None:
        """This session ends."""
        if self._p.sessions.close(connection, session.id, session.subject):
            self._note(connection, session, "signed_out", {"session": session.id})

    @writes
    def sign_out_everywhere(self, connection: Connection, session: Session) -> None:
        """Every session but this one ends."""
        ended = self._p.sessions.close_all(connection, session.subject, except_session=session.id)
        self._note(connection, session, "signed_out_everywhere", {"sessions_ended": ended})

    @writes
    def forget_device(self, connection: Connection, session: Session, device_id: str) -> bool:
        """And ends its sessions. False if it is none of theirs."""
        forgotten = self._p.sessions.forget_device(connection, session.subject, device_id)
        if forgotten:
            self._note(connection, session, "device_forgotten", {"device": device_id})
        return forgotten

    def _report_stolen(self, connection: Connection, session: Session, note: str) -> Case:
        p, subject, now = self._p, session.subject, self._p.clock.now()
        ended = p.sessions.close_all(connection, subject, except_session=session.id)
        others = [d for d in p.sessions.devices(connection, subject, session) if d.id != session.device]
        for device in others:
            p.sessions.forget_device(connection, subject, device.id)
        case = p.cases.open(connection, subject.customer, Kind.STOLEN_PHONE, note, subject, now)
        texts = texts_in(session.language)
        p.cases.note(connection, case.id, texts("customers.case.frozen"), subject, now)
        done = texts("customers.case.signed_out", sessions=ended, devices=len(others))
        case = p.cases.note(connection, case.id, done, subject, now)
        p.audit_log.append(connection, subject, "phone_stolen", str(subject), {"sessions_ended": ended}, now)
        notifications.tell(p, connection, subject.customer, "case_opened", now)
        return case
