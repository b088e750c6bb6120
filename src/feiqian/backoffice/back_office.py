"""All that the staff's pages stand on, in one hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from feiqian.audit_log.log import AuditLog
from feiqian.auth.freezing import Freezing
from feiqian.backoffice.audit_log_reader import AuditLogReader
from feiqian.backoffice.change_requests import ChangeRequests
from feiqian.backoffice.model import Change, StaffMember
from feiqian.backoffice.service import Staff
from feiqian.backoffice.staff_queues import StaffQueue, StaffQueues
from feiqian.backoffice.support_sections import SupportSection
from feiqian.backoffice.support_view import SupportView
from feiqian.clock import Clock
from feiqian.customers.registry import Customers
from feiqian.db import BankDb
from feiqian.policy.model import Policy
from feiqian.runtime.work import Work
from feiqian.subjects import Role, Subject


class Bank(Protocol):
    """What the console stands on."""

    db: BankDb
    clock: Clock
    work: Work
    policy: Policy
    audit_log: AuditLog
    customers: Customers
    freezing: Freezing
    staff: Staff
    changes: ChangeRequests


class BackOffice:
    """One bank's; what features have for it is handed in."""

    def __init__(self, bank: Bank, queues: Iterable[StaffQueue], sections: Iterable[SupportSection]) -> None:
        p = self._p = bank
        self.staff, self.changes = p.staff, p.changes
        self.queues = StaffQueues(queues, p.db, p.work)
        self.support_view = SupportView(
            p.db, p.clock, p.work, p.policy, p.audit_log, p.customers, p.freezing, sections, self.queues.looks
        )
        self.audit_log_reader = AuditLogReader(p.db, p.clock, p.work, p.audit_log)

    async def whose(self, by: StaffMember, changes: Sequence[Change]) -> dict[Subject, str]:
        """The names of those whose accounts the changes are about; that they were shown is in the audit log first."""
        return await self._p.work.db(self._whose, by, changes)

    def _whose(self, by: StaffMember, changes: Sequence[Change]) -> dict[Subject, str]:
        p, about = self._p, {change.about for change in changes}
        shown = {"shown": tuple(sorted(map(str, about)))}
        p.audit_log.record(by.subject, "changes_looked_at", "changes", shown, p.clock.now())
        names = p.customers.names([one.customer for one in about if one.role is Role.CUSTOMER])
        with p.db.read() as connection:
            logins = self.staff.members.names(connection)
        return {
            one: names.get(one.customer, str(one)) if one.role is Role.CUSTOMER else logins.get(one.number, str(one))
            for one in about
        }
