"""The audit log as auditors read it. Reading it is in it, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.audit_log.entry import MAX_ABOUT, Entry, Finding, Head
from feiqian.audit_log.log import AuditLog
from feiqian.backoffice.members import require
from feiqian.backoffice.model import StaffMember, StaffRole
from feiqian.clock import Clock
from feiqian.runtime.paging import FIRST, Ask, Page, asked
from feiqian.runtime.transactions import Transactions, writes

PAGE = 50


class Checked(NamedTuple):
    """What came of checking the whole chain, and where it ends."""

    finding: Finding | None
    head: Head


class AuditLogReader:
    """For auditors; everyone else is refused (NotAllowed)."""

    def __init__(self, transactions: Transactions, clock: Clock, audit_log: AuditLog) -> None:
        self.transactions, self._clock, self._audit_log = transactions, clock, audit_log

    @writes
    def read(self, connection: Connection, by: StaffMember, about: str = "", ask: Ask = FIRST) -> Page[Entry]:
        """A page of the audit log, newest first: of all, or about one subject ("customer:17", "staff:2")."""
        require(by, StaffRole.AUDITOR)
        about = about.strip()[:MAX_ABOUT]
        self._record(connection, by, "trail_read", {"about": about} | asked(ask))
        return self._audit_log.page(connection, ask, PAGE, about)

    async def check(self, by: StaffMember) -> Checked:
        """Follows the whole chain, while others write."""
        require(by, StaffRole.AUDITOR)
        await self.transactions.write(self._record, by, "trail_checked", {})
        return await self.transactions.read(self._checked)

    def _checked(self, connection: Connection) -> Checked:
        return Checked(self._audit_log.verify(connection), self._audit_log.head(connection))

    def _record(self, connection: Connection, by: StaffMember, action: str, details: Mapping[str, object]) -> None:
        self._audit_log.append(connection, by.subject, action, "trail", details, self._clock.now())
