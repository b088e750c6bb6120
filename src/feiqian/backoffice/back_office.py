"""All that the staff's pages stand on, in one hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from sqlalchemy import Connection

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
from feiqian.policy.model import Policy
from feiqian.runtime.transactions import Transactions, writes
from feiqian.subjects import Role, Subject


class Bank(Protocol):
    """What the console stands on."""

    clock: Clock
    policy: Policy
    audit_log: AuditLog
    customers: Customers
    freezing: Freezing
    staff: Staff
    changes: ChangeRequests

    @property
    def transactions(self) -> Transactions: ...


class BackOffice:
    """One bank's; what features have for it is handed in."""

    def __init__(self, bank: Bank, queues: Iterable[StaffQueue], sections: Iterable[SupportSection]) -> None:
        p = self._p = bank
        self.staff, self.changes, self.transactions = p.staff, p.changes, p.transactions
        self.queues = StaffQueues(queues, p.transactions)
        self.support_view = SupportView(
            p.transactions, p.clock, p.policy, p.audit_log, p.customers, p.freezing, sections, self.queues.looks
        )
        self.audit_log_reader = AuditLogReader(p.transactions, p.clock, p.audit_log)

    @writes
    def whose(self, connection: Connection, by: StaffMember, changes: Sequence[Change]) -> dict[Subject, str]:
        """The names of those whose accounts the changes are about; that they were shown is in the audit log first."""
        p, about = self._p, {change.about for change in changes}
        shown = {"shown": tuple(sorted(map(str, about)))}
        p.audit_log.append(connection, by.subject, "changes_looked_at", "changes", shown, p.clock.now())
        names = p.customers.names([one.customer for one in about if one.role is Role.CUSTOMER])
        logins = self.staff.members.names(connection)
        return {
            one: names.get(one.customer, str(one)) if one.role is Role.CUSTOMER else logins.get(one.number, str(one))
            for one in about
        }
