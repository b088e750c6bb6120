"""Identities that staff have to decide on. Each list, claim and picture that a reviewer sees is in the trail first."""

from __future__ import annotations

from typing import Literal, NamedTuple

from feiqian.clock import Clock
from feiqian.customers.real_name import RealName
from feiqian.customers.registry import Customer, Customers
from feiqian.db import BankDb
from feiqian.identity.errors import ReviewOver
from feiqian.identity.model import Claim, Review
from feiqian.identity.service import Identity
from feiqian.staff.members import require
from feiqian.staff.model import StaffMember, StaffRole
from feiqian.subjects import customer
from feiqian.trail.trail import Trail
from feiqian.work import Work

MANY = 50
MAX_NOTE = 1_000
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


class Reviews:
    """For reviewers; everyone else is refused (NotAllowed)."""

    def __init__(
        self,
        db: BankDb,
        clock: Clock,
        work: Work,
        trail: Trail,
        identity: Identity,
        customers: Customers,
        real_name: RealName,
    ) -> None:
        self._db, self._clock, self._work, self._trail = db, clock, work, trail
        self._identity, self._customers, self._real_name = identity, customers, real_name

    async def waiting(self, by: StaffMember) -> list[ReviewOf]:
        """Reviews that nobody has decided, the oldest first."""
        require(by, StaffRole.REVIEWER)
        found = await self._identity.waiting(MANY)
        shown = {"shown": tuple(review.id for review in found)}
        await self._record(by, "reviews_listed", "reviews", shown)
        return [ReviewOf(review, await self._whose(review)) for review in found]

    async def open(self, by: StaffMember, id: str) -> ReviewFile:
        """Raises ReviewNotFound."""
        require(by, StaffRole.REVIEWER)
        review = await self._identity.review(id)
        await self._record(by, "review_opened", str(customer(review.customer)), {"review": id})
        return ReviewFile(review, await self._whose(review), await self._identity.claim_of(review.customer))

    async def picture(self, by: StaffMember, id: str, number: int) -> bytes:
        """A picture of the document, counted from 0, as it was encoded anew. Raises ReviewNotFound."""
        require(by, StaffRole.REVIEWER)
        review = await self._identity.review(id)
        about = str(customer(review.customer))
        await self._record(by, "document_looked_at", about, {"review": id, "picture": number})
        return await self._identity.image(id, number)

    async def decide(self, by: StaffMember, id: str, outcome: Decision, note: str) -> Review:
        """Decides once. Verified: the customer's level and wallet follow. Raises ReviewNotFound, ReviewOver."""
        require(by, StaffRole.REVIEWER)
        try:
            review = await self._work.db(self._decide, by, id, outcome, note.strip()[:MAX_NOTE])
        except ReviewOver:
            review = await self._identity.review(id)
            if review.outcome != outcome or review.decided_by != by.subject:
                raise
        await self._real_name.apply_decision(review, by.subject)  # again, if it was cut off before
        return review

    def _decide(self, by: StaffMember, id: str, outcome: Decision, note: str) -> Review:
        with self._db.write() as connection:
            review = self._identity.decide(connection, id, outcome, by.subject, note)
            about, details = str(customer(review.customer)), {"review": id, "outcome": outcome}
            self._trail.append(connection, by.subject, "review_decided", about, details, self._clock.now())
        return review

    async def _whose(self, review: Review) -> Customer | None:
        return await self._work.db(self._customers.by_number, review.customer)

    async def _record(self, by: StaffMember, action: str, about: str, details: dict[str, object]) -> None:
        await self._work.db(self._trail.record, by.subject, action, about, details, self._clock.now())
