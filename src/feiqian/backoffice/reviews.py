"""Identities that staff have to decide on. Each list, claim and picture that a reviewer sees is in the trail first."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec
from sqlalchemy import Connection

from feiqian.audit_log.log import AuditLog
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView
from feiqian.auth.challenges.service import Verification
from feiqian.backoffice.errors import ReasonMissing
from feiqian.backoffice.members import Members, require
from feiqian.backoffice.model import StaffMember, StaffRole
from feiqian.backoffice.reasons import is_reason
from feiqian.clock import Clock
from feiqian.customers.registry import Customer, Customers
from feiqian.db import BankDb
from feiqian.kyc.errors import ReviewOver
from feiqian.kyc.model import Claim, Clearance, Review
from feiqian.kyc.service import Identity
from feiqian.notify.locks import lock
from feiqian.onboarding.real_name import RealName
from feiqian.policy.factors import Purpose
from feiqian.runtime.work import Work
from feiqian.subjects import customer

MANY = 50
Decision = Literal["verified", "refused"]


class ReviewOf(NamedTuple):
    """A review and whose it is."""

    review: Review
    customer: Customer | None


class ReviewFile(NamedTuple):
    """All that a reviewer decides by; the pictures are asked for one by one."""

    review: Review
    customer: Customer | None
    claim: Claim | None
    needs_two: bool  # to clear it
    first: Clearance | None  # that one of them has


class Reviews:
    """For reviewers; everyone else is refused (NotAllowed)."""

    def __init__(
        self,
        db: BankDb,
        clock: Clock,
        work: Work,
        audit_log: AuditLog,
        identity: Identity,
        customers: Customers,
        real_name: RealName,
        members: Members,
        verification: Verification,
    ) -> None:
        self._db, self._clock, self._work, self._audit_log = db, clock, work, audit_log
        self._members, self._verification = members, verification
        self._identity, self._customers, self._real_name = identity, customers, real_name

    async def waiting(self, by: StaffMember) -> list[ReviewOf]:
        """Reviews that nobody has decided, the oldest first."""
        require(by, StaffRole.REVIEWER)
        return await self._work.db(self._waiting, by)

    async def open(self, by: StaffMember, id: str) -> ReviewFile:
        """Raises ReviewNotFound."""
        require(by, StaffRole.REVIEWER)
        return await self._work.db(self._open, by, id)

    async def picture(self, by: StaffMember, id: str, place: int) -> bytes:
        """A picture of the document (JPEG), counted from 0, as it was encoded anew. Raises ReviewNotFound."""
        require(by, StaffRole.REVIEWER)
        return await self._work.db(self._picture, by, id, place)

    async def confirm(
        self, by: StaffMember, id: str, note: str, language: str, device: str | None = None
    ) -> ChallengeView:
        """What who verifies has to pass first: fresh factors, for this review and this note and nothing else.

        `device`: that of the session, where wrong answers count for themselves. Raises ReviewNotFound, ReviewOver,
        ReasonMissing, and verification's FactorNotEnrolled.
        """
        require(by, StaffRole.REVIEWER)
        review = await self._work.db(self._verifiable, id, note.strip())
        return await self._verification.begin(by.subject, verified_by(review, note.strip()), language, device=device)

    async def decide(self, by: StaffMember, id: str, outcome: Decision, note: str, challenge: str = "") -> Review:
        """Decides once. Verified: the customer's level and wallet follow; `challenge` is of `confirm`, and is passed.

        Where two have to clear it, the review still waits after the first. An account of a demo has no factors and
        needs no challenge. Raises ReviewNotFound, ReviewOver, OwnClearance, ReasonMissing, and verification's
        NotPassed, BindingDiffers, ChallengeOver, ChallengeNotFound.
        """
        require(by, StaffRole.REVIEWER)
        review = await self._work.db(self._decide, by, id, outcome, note.strip(), challenge)
        if not review.waiting:
            await self._real_name.finish(review.customer)
        return review

    def count_waiting(self, connection: Connection) -> int:
        """How many wait, as far as they are counted."""
        return len(self._identity.waiting(connection, MANY))

    def _waiting(self, by: StaffMember) -> list[ReviewOf]:
        with self._db.write() as connection:
            found = self._identity.waiting(connection, MANY)
            shown = {"shown": tuple(review.id for review in found)}
            self._record(connection, by, "reviews_listed", "reviews", shown)
        return [ReviewOf(review, self._customers.by_number(review.customer)) for review in found]

    def _open(self, by: StaffMember, id: str) -> ReviewFile:
        with self._db.write() as connection:
            review = self._identity.review(connection, id)
            self._record(connection, by, "review_opened", str(customer(review.customer)), {"review": id})
        with self._db.read() as connection:
            claim = self._identity.claim(connection, review.customer)
            first = self._identity.clearance(connection, id)
        whose = self._customers.by_number(review.customer)
        return ReviewFile(review, whose, claim, self._identity.needs_two(review), first)

    def _picture(self, by: StaffMember, id: str, place: int) -> bytes:
        with self._db.write() as connection:
            about = str(customer(self._identity.review(connection, id).customer))
            self._record(connection, by, "document_looked_at", about, {"review": id, "picture": place})
        with self._db.read() as connection:
            return self._identity.image(connection, id, place)

    def _verifiable(self, id: str, note: str) -> Review:
        with self._db.read() as connection:
            review = self._identity.review(connection, id)
        if not review.waiting:
            raise ReviewOver
        self._check_note(review, note)
        return review

    def _check_note(self, review: Review, note: str) -> None:
        if self._identity.needs_two(review) and not is_reason(note):
            raise ReasonMissing

    def _decide(self, by: StaffMember, id: str, outcome: Decision, note: str, challenge: str) -> Review:
        with self._db.write() as connection:
            lock(connection, f"review {id}")  # of two who clear it at once, one is the first
            now_by = self._members.still(connection, by, StaffRole.REVIEWER)
            if outcome == "verified":
                self._check_note(self._identity.review(connection, id), note)
            try:
                review = self._identity.decide(connection, id, outcome, by.subject, note)
            except ReviewOver:
                review = self._identity.review(connection, id)
                if (review.outcome, review.decided_by) != (outcome, by.subject):
                    raise
                return review  # asked again, as after a crash
            about = str(customer(review.customer))
            details: dict[str, object] = {"review": id, "outcome": outcome}
            if outcome == "verified" and not now_by.demo:
                binding, now = verified_by(review, note), self._clock.now()
                passed = self._verification.consume_within(connection, challenge, by.subject, binding, now)
                details["factors"] = tuple(map(str, passed.factors))
            action = "review_cleared_first" if review.waiting else "review_decided"
            self._record(connection, by, action, about, details)
            self._real_name.apply_decision(connection, review, by.subject)
        return review

    def _record(
        self, connection: Connection, by: StaffMember, action: str, about: str, details: Mapping[str, object]
    ) -> None:
        self._audit_log.append(connection, by.subject, action, about, details, self._clock.now())


def verified_by(review: Review, note: str) -> ChallengeBinding:
    """What a challenge confirms of a review (dynamic linking): whose identity, and what was written of it."""
    content = msgspec.json.encode([review.id, review.customer, note])
    reference = f"{review.id} · {hashlib.sha256(content).hexdigest()}"
    about = str(customer(review.customer))
    return ChallengeBinding(purpose=Purpose.STAFF_ACT, kind="verify_identity", payee=about, reference=reference)
