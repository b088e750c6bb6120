"""All that the staff's pages stand on, in one hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from feiqian.backoffice.audit_log_reader import AuditLogReader
from feiqian.backoffice.case_queue import CaseQueue
from feiqian.backoffice.change_requests import ChangeRequests
from feiqian.backoffice.model import Change, StaffMember, StaffRole
from feiqian.backoffice.reviews import Reviews
from feiqian.backoffice.service import Staff
from feiqian.backoffice.support_view import SupportView, SupportViewParts
from feiqian.onboarding.real_name import RealName
from feiqian.subjects import Role, Subject


class Queues(NamedTuple):
    """How much waits; None for what the member does not work on."""

    reviews: int | None
    cases: int | None
    changes: int | None


@dataclass(frozen=True, slots=True)
class BackOffice:
    """One bank's."""

    parts: SupportViewParts
    staff: Staff
    changes: ChangeRequests
    support_view: SupportView
    case_queue: CaseQueue
    reviews: Reviews
    audit_log_reader: AuditLogReader

    async def queues(self, by: StaffMember) -> Queues:
        """For the first page: counts alone, so nothing of a customer is looked at."""
        reviews, cases, changes = await self.parts.work.db(self._counts)
        decides = by.has(StaffRole.APPROVER, StaffRole.SUPPORTER, StaffRole.REVIEWER, StaffRole.ADMIN)
        return Queues(
            reviews if by.has(StaffRole.REVIEWER) else None,
            cases if by.has(StaffRole.SUPPORTER) else None,
            changes if decides else None,
        )

    async def whose(self, by: StaffMember, changes: Sequence[Change]) -> dict[Subject, str]:
        """The names of those whose accounts the changes are about; that they were shown is in the trail first."""
        return await self.parts.work.db(self._whose, by, changes)

    def _whose(self, by: StaffMember, changes: Sequence[Change]) -> dict[Subject, str]:
        p, about = self.parts, {change.about for change in changes}
        shown = {"shown": tuple(sorted(map(str, about)))}
        p.audit_log.record(by.subject, "changes_looked_at", "changes", shown, p.clock.now())
        names = p.customers.names([one.customer for one in about if one.role is Role.CUSTOMER])
        with p.db.read() as connection:
            logins = self.staff.members.names(connection)
        return {
            one: names.get(one.customer, str(one)) if one.role is Role.CUSTOMER else logins.get(one.number, str(one))
            for one in about
        }

    def _counts(self) -> tuple[int, int, int]:
        with self.parts.db.read() as connection:
            counted = self.reviews, self.case_queue, self.changes
            reviews, cases, changes = (queue.count_waiting(connection) for queue in counted)
        return reviews, cases, changes


def open_back_office(
    staff: Staff, changes: ChangeRequests, support_view: SupportView, real_name: RealName
) -> BackOffice:
    """The whole of it, over what the bank has built."""
    p = support_view.parts
    return BackOffice(
        p,
        staff,
        changes,
        support_view,
        CaseQueue(p.db, p.clock, p.work, p.audit_log, p.cases, p.customers),
        Reviews(p.db, p.clock, p.work, p.audit_log, p.identity, p.customers, real_name, staff.members, p.verification),
        AuditLogReader(p.db, p.clock, p.work, p.audit_log),
    )
