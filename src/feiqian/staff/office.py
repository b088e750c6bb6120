"""All that the staff's pages stand on, built together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from feiqian.customers.real_name import RealName
from feiqian.sealing import Sealer
from feiqian.staff.acts import Acts
from feiqian.staff.archive import Archive
from feiqian.staff.caseload import Caseload
from feiqian.staff.changes import Changes
from feiqian.staff.desk import Desk, DeskParts
from feiqian.staff.model import StaffMember, StaffRole
from feiqian.staff.reviews import Reviews
from feiqian.staff.service import Staff


class Queues(NamedTuple):
    """How much waits; None for what the member does not work on."""

    reviews: int | None
    cases: int | None
    changes: int | None


@dataclass(frozen=True, slots=True)
class Office:
    """One bank's."""

    parts: DeskParts
    staff: Staff
    changes: Changes
    desk: Desk
    caseload: Caseload
    reviews: Reviews
    archive: Archive

    async def queues(self, by: StaffMember) -> Queues:
        """For the first page: counts alone, so nothing of a customer is looked at."""
        reviews, cases, changes = await self.parts.work.db(self._counts)
        decides = by.has(StaffRole.APPROVER, StaffRole.SUPPORTER, StaffRole.REVIEWER, StaffRole.ADMIN)
        return Queues(
            reviews if by.has(StaffRole.REVIEWER) else None,
            cases if by.has(StaffRole.SUPPORTER) else None,
            changes if decides else None,
        )

    def _counts(self) -> tuple[int, int, int]:
        with self.parts.db.read() as connection:
            counted = self.reviews, self.caseload, self.changes
            reviews, cases, changes = (queue.count_waiting(connection) for queue in counted)
        return reviews, cases, changes


def open_office(parts: DeskParts, sealer: Sealer, real_name: RealName) -> Office:
    """Builds them. `await office.changes.resume()` at the start, after the customers' own resuming."""
    p = parts
    staff = Staff(p.db, sealer, p.clock, p.work, p.trail, p.sessions, p.verification, p.factors)
    acts = Acts(p.db, p.policy, p.work, p.customers, p.accounts, real_name, p.freezing, p.verification, staff.members)
    return Office(
        parts,
        staff,
        Changes(p.db, sealer, p.clock, p.work, p.trail, staff.members, acts),
        Desk(parts),
        Caseload(p.db, p.clock, p.work, p.trail, p.cases, p.customers),
        Reviews(p.db, p.clock, p.work, p.trail, p.identity, p.customers, real_name),
        Archive(p.db, p.clock, p.work, p.trail),
    )
