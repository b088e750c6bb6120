"""The bank of people of tests/customers, with staff: real parts, and only the read model stands still."""

from __future__ import annotations

from typing import Any

import pyotp
from people import EVE, EVE_ID, PASSWORD, PIN, People, picture

from feiqian.audit_log.entry import Entry
from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.model import Details
from feiqian.auth.sessions.model import Opened
from feiqian.backoffice.model import OPERATOR, Change, StaffMember
from feiqian.cases.queues import CaseQueue
from feiqian.composition import add_back_office
from feiqian.kyc.model import Review
from feiqian.onboarding.queues import Reviews
from feiqian.policy.factors import Factor
from feiqian.testing.clock import ManualClock

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
STAFF_PASSWORD = "thirteen velvet lanterns"


class Staffed(People):
    """`alice` reviews and supports, `bob` approves, audits and administers; both are enrolled with real factors."""

    def __init__(self, folder: Any, clock: ManualClock | None = None) -> None:
        super().__init__(folder, clock)
        add_back_office(self.services)
        self.trail_book, self.staff = self.services.audit_log, self.services.staff
        self.members, self.changes = self.staff.members, self.services.changes
        self.back_office = self.services.back_office
        self.support_view = self.back_office.support_view
        self.reviews, self.case_queue = (self.back_office.queues.get(one) for one in (Reviews, CaseQueue))
        self.secrets: dict[str, str] = {}

    # --- staff ---------------------------------------------------------------------------------------------------

    def member(self, login: str, *roles: str) -> StaffMember:
        """At work, by a password and a one-time-code token."""
        invitation = self.do(self.members.add, login, login.title(), roles, OPERATOR, self.clock.now())
        token = invitation.token
        self.run(self.staff.choose_password(token, STAFF_PASSWORD))
        enrolment = self.run(self.staff.begin_token(token))
        self.secrets[login] = pyotp.parse_uri(enrolment.uri).secret
        return self.run(self.staff.finish_token(token, enrolment.id, self.code_of(login)))

    def code_of(self, login: str) -> str:
        """What the member's token shows, a step later each time: no code is taken twice."""
        self.clock.advance(30)
        return pyotp.TOTP(self.secrets[login]).at(self.clock.now() // 1_000_000)

    def sign_in_as(self, login: str) -> Opened:
        view = self.run(self.staff.password(login, STAFF_PASSWORD, "en"))
        return self.run(self.staff.code(login, view.id, self.code_of(login), FIREFOX, "en"))

    async def proved(self, change: str, member: StaffMember) -> str:
        """A challenge that a member has passed with fresh factors, to approve this change."""
        return await self._passed(await self.changes.confirm(change, member, "en"), member)

    async def _passed(self, view: ChallengeView, member: StaffMember) -> str:
        await self.services.verification.answer(view.id, member.subject, Factor.PASSWORD, STAFF_PASSWORD)
        code = self.code_of(member.login)
        return (await self.services.verification.answer(view.id, member.subject, Factor.TOTP, code)).id

    async def approve(self, change: str, member: StaffMember) -> Change:
        return await self.changes.approve(change, member, await self.proved(change, member))

    async def verify(self, review: str, member: StaffMember, note: str) -> Review:
        """Decides a review as verified, with fresh factors."""
        challenge = await self.proved_of_review(review, member, note)
        return await self.reviews.decide(member, review, "verified", note, challenge)

    async def proved_of_review(self, review: str, member: StaffMember, note: str) -> str:
        """A challenge that a member has passed with fresh factors, to verify this identity."""
        return await self._passed(await self.reviews.confirm(member, review, note, "en"), member)

    def enrol_key(self, member: StaffMember, key: Any) -> None:
        invitation = self.do(self.members.invite, member.number, OPERATOR, self.clock.now())
        id, options = self.run(self.staff.begin_key(invitation.token, Factor.PASSKEY))
        self.run(self.staff.finish_key(invitation.token, id, key.create(options), "key"))

    def waiting_review(self) -> Review:
        """Of a newcomer whose name is on the sanctions list."""
        details = Details("Ottoline Quillfeather", "cn_id", PASSWORD, PIN, EVE_ID)
        newcomer = self.register(EVE, details).session.subject
        review = self.run(self.real_name.check_identity(newcomer.number, [picture()]))
        assert review.waiting
        return review

    # --- what was written ----------------------------------------------------------------------------------------

    def entries(self, about: str = "") -> list[Entry]:
        """The audit log, the oldest first."""
        with self.db.read() as connection:
            found = self.trail_book.of(connection, about) if about else self.trail_book.newest(connection)
        return found[::-1]

    def actions(self, about: str = "") -> list[str]:
        return [entry.action for entry in self.entries(about)]

    def whole(self) -> bool:
        """Whether the audit log's chain is."""
        with self.db.read() as connection:
            return self.trail_book.verify(connection) is None

    def stored(self) -> bytes:
        """Everything on disk."""
        return b"".join(path.read_bytes() for path in self.folder.glob("*.db*"))
