"""The audit log as auditors read it. Reading it is in it, too."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.audit_log.entry import Entry, Finding, Head
from feiqian.audit_log.log import AuditLog
from feiqian.backoffice.members import require
from feiqian.backoffice.model import StaffMember, StaffRole
from feiqian.clock import Clock
from feiqian.db import BankDb
from feiqian.runtime.work import Work

PAGE = 50


class Pages(NamedTuple):
    """Entries, the newest first; `older` is what to ask for next, 0 at the end."""

    entries: list[Entry]
    older: int


class Checked(NamedTuple):
    """What came of checking the whole chain, and where it ends."""

    finding: Finding | None
    head: Head


class AuditLogReader:
    """For auditors; everyone else is refused (NotAllowed)."""

    def __init__(self, db: BankDb, clock: Clock, work: Work, audit_log: AuditLog) -> None:
        self._db, self._clock, self._work, self._audit_log = db, clock, work, audit_log

    async def read(self, by: StaffMember, about: str = "", before: int = 0) -> Pages:
        """A page of the audit log: of all, or about one subject ("customer:17", "staff:2")."""
        require(by, StaffRole.AUDITOR)
        return await self._work.db(self._read, by, about.strip()[:64], before)

    async def check(self, by: StaffMember) -> Checked:
        """Follows the whole chain."""
        require(by, StaffRole.AUDITOR)
        return await self._work.db(self._check, by)

    def _read(self, by: StaffMember, about: str, before: int) -> Pages:
        details = {"about": about, "before": before}
        self._audit_log.record(by.subject, "trail_read", "trail", details, self._clock.now())
        with self._db.read() as connection:
            entries = self._entries(connection, about, before)
        return Pages(entries[:PAGE], entries[PAGE - 1].position if len(entries) > PAGE else 0)

    def _entries(self, connection: Connection, about: str, before: int) -> list[Entry]:
        if about:
            return self._audit_log.of(connection, about, PAGE + 1, before)
        return self._audit_log.newest(connection, PAGE + 1, before)

    def _check(self, by: StaffMember) -> Checked:
        self._audit_log.record(by.subject, "trail_checked", "trail", {}, self._clock.now())
        with self._db.read() as connection:
            return Checked(self._audit_log.verify(connection), self._audit_log.head(connection))
