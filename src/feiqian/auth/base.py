"""What services of customers have in common: transactions, and what is told and written of each change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from feiqian.audit_log.log import AuditLog
from feiqian.auth.notices import Notices
from feiqian.clock import DAY, Clock
from feiqian.customers.registry import Customers
from feiqian.runtime.transactions import Transactions
from feiqian.subjects import Subject

CHANGES_A_DAY = 30  # of one sort that a customer makes without proving anything, and is told of each


@dataclass(kw_only=True, eq=False, repr=False)
class AccessService:
    """All of them use these; each adds what else it uses."""

    transactions: Transactions
    clock: Clock
    customers: Customers
    audit_log: AuditLog
    notices: Notices

    def _record(self, connection: Connection, subject: Subject, action: str, details: dict[str, Any]) -> None:
        """What somebody did about themselves, in the audit log."""
        self.audit_log.append(connection, subject, action, str(subject), details, self.clock.now())

    def _too_often(self, connection: Connection, subject: Subject, action: str) -> bool:
        """Whether somebody has done it CHANGES_A_DAY times within a day: a message is paid for each."""
        since = self.clock.now() - DAY
        return self.audit_log.count(connection, str(subject), action, since) >= CHANGES_A_DAY
