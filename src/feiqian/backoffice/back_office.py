"""All that the staff's pages stand on, in one hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from feiqian.backoffice.audit_log_reader import AuditLogReader
from feiqian.backoffice.change_requests import ChangeRequests
from feiqian.backoffice.model import Change, StaffMember
from feiqian.backoffice.service import Staff
from feiqian.backoffice.staff_queues import StaffQueue, StaffQueues
from feiqian.backoffice.support_view import SupportView, SupportViewParts
from feiqian.subjects import Role, Subject


@dataclass(frozen=True, slots=True)
class BackOffice:
    """One bank's."""

    parts: SupportViewParts
    staff: Staff
    changes: ChangeRequests
    support_view: SupportView
    queues: StaffQueues
    audit_log_reader: AuditLogReader

    async def whose(self, by: StaffMember, changes: Sequence[Change]) -> dict[Subject, str]:
        """The names of those whose accounts the changes are about; that they were shown is in the trail first."""
        return await self.parts.work.db(self._whose, by, changes)

    def _whose(self, by: StaffMember, changes: Sequence[Change]) -> dict[Subject, str]:
        p, about = self.parts, {change.about for change in changes}
        shown = {"shown": tuple(sorted(map(str, about)))}
        p.audit_log.record(by.subject, "changes_looked_at", "changes", shown, p.clock.now())
        names = p.customers.names([one.number for one in about if one.role is Role.CUSTOMER])
        with p.db.read() as connection:
            logins = self.staff.members.names(connection)
        return {one: (names if one.role is Role.CUSTOMER else logins).get(one.number, str(one)) for one in about}


def open_back_office(
    staff: Staff, changes: ChangeRequests, support_view: SupportView, queues: Iterable[StaffQueue]
) -> BackOffice:
    """The whole of it, over what the bank has built."""
    p = support_view.parts
    reader = AuditLogReader(p.db, p.clock, p.work, p.audit_log)
    return BackOffice(p, staff, changes, support_view, StaffQueues(queues, p.db, p.work), reader)
