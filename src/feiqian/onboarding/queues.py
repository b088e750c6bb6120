"""Identities that staff have to decide on. Each list, claim and picture that a reviewer sees is in the audit
log first."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec
from sqlalchemy import Connection

from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView
from feiqian.backoffice.errors import ReasonMissing
from feiqian.backoffice.members import require
from feiqian.backoffice.model import StaffMember, StaffRole
from feiqian.backoffice.reasons import is_reason
from feiqian.backoffice.staff_queues import StaffQueue
from feiqian.customers.registry import Customer
from feiqian.kyc.errors import ReviewOver
from feiqian.kyc.model import Claim, Clearance, Review
from feiqian.policy.factors import Purpose
from feiqian.runtime.locks import lock
from feiqian.runtime.paging import FIRST, Ask, Page
from feiqian.runtime.transactions import writes
from feiqian.services import Services
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


class Reviews(StaffQueue):
    """For reviewers; everyone else is refused (NotAllowed)."""

    name = "identity"
    icon = "card"
    roles = frozenset({StaffRole.REVIEWER})
    order = 20
    looks = frozenset({"review_opened", "document_looked_at"})

    def __init__(self, services: Services) -> None:
        self.transactions, self._clock = services.transactions, services.clock
        self._audit_log, self._members = services.audit_log, services.staff.members
        self._verification, self._identity = services.verification, services.identity
        self._customers, self._real_name = services.customers, services.real_name

    @writes
    def waiting(self, connection: Connection, by: StaffMember, ask: Ask = FIRST) -> Page[ReviewOf]:
        """A page of the reviews that nobody has decided, the oldest first."""
        require(by, StaffRole.REVIEWER)
        page = self._identity.waiting(connection, ask, MANY)
        shown = {"shown": tuple(review.id for review in page.items)}
        self._record(connection, by, "reviews_listed", "reviews", shown)
        return page.of([ReviewOf(one, self._customers.by_number(connection, one.customer)) for one in page.items])

    @writes
    def open(self, connection: Connection, by: StaffMember, id: str) -> ReviewFile:
        """Raises ReviewNotFound."""
        require(by, StaffRole.REVIEWER)
        review = self._identity.review(connection, id)
        self._record(connection, by, "review_opened", str(customer(review.customer)), {"review": id})
        claim = self._identity.claim(connection, review.customer)
        first = self._identity.clearance(connection, id)
        whose = self._customers.by_number(connection, review.customer)
        return ReviewFile(review, whose, claim, self._identity.needs_two(review), first)

    async def picture(self, by: StaffMember, id: str, place: int) -> bytes:
        """A picture of the document (JPEG), counted from 0, as it was encoded anew. Raises ReviewNotFound."""
        require(by, StaffRole.REVIEWER)
        await self.transactions.write(self._look, by, id, place)
        return await self.transactions.read(self._identity.image, id, place)

    @writes
    def confirm(
        self, connection: Connection, by: StaffMember, id: str, note: str, language: str, device: str | None = None
    ) -> ChallengeView:
        """What who verifies has to pass first: fresh factors, for this review and this note and nothing else.

        `device`: that of the session, where wrong answers count for themselves. Raises ReviewNotFound, ReviewOver,
        ReasonMissing, and verification's FactorNotEnrolled.
        """
        require(by, StaffRole.REVIEWER)
        review, note = self._identity.review(connection, id), note.strip()
        if not review.waiting:
            raise ReviewOver
        self._check_note(review, note)
        binding = verified_by(review, note)
        return self._verification.begin.within(connection, by.subject, binding, language, device=device)

    async def decide(self, by: StaffMember, id: str, outcome: Decision, note: str, challenge: str = "") -> Review:
        """Decides once. Verified: the customer's level and wallet follow; `challenge` is of `confirm`, and is passed.

        Where two have to clear it, the review still waits after the first. Raises ReviewNotFound, ReviewOver,
        OwnClearance, ReasonMissing, and verification's NotPassed, BindingDiffers, ChallengeOver, ChallengeNotFound.
        """
        require(by, StaffRole.REVIEWER)
        review = await self.transactions.write(self._decide, by, id, outcome, note.strip(), challenge)
        if not review.waiting:
            await self._real_name.finish(review.customer)
        return review

    def count_waiting(self, connection: Connection) -> int:
        """How many wait."""
        return self._identity.count_waiting(connection)

    def _look(self, connection: Connection, by: StaffMember, id: str, place: int) -> None:
        about = str(customer(self._identity.review(connection, id).customer))
        self._record(connection, by, "document_looked_at", about, {"review": id, "picture": place})

    def _check_note(self, review: Review, note: str) -> None:
        if self._identity.needs_two(review) and not is_reason(note):
            raise ReasonMissing

    def _decide(
        self, connection: Connection, by: StaffMember, id: str, outcome: Decision, note: str, challenge: str
    ) -> Review:
        lock(connection, f"review {id}")  # of two who clear it at once, one is the first
        self._members.still(connection, by, StaffRole.REVIEWER)
        if outcome == "verified":
            self._check_note(self._identity.review(connection, id), note)
        try:
            review = self._identity.decide(connection, id, outcome, by.subject, note)
        except ReviewOver:
            review = self._identity.review(connection, id)
            if (review.outcome, review.decided_by) != (outcome, by.subject):
                raise
            return review  # asked again, as after a crash
        details: dict[str, object] = {"review": id, "outcome": outcome}
        if outcome == "verified":
            binding, now = verified_by(review, note), self._clock.now()
            passed = self._verification.consume_within(connection, challenge, by.subject, binding, now)
            details["factors"] = passed.factors
        action = "review_cleared_first" if review.waiting else "review_decided"
        self._record(connection, by, action, str(customer(review.customer)), details)
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


QUEUES = (Reviews,)
