"""What services of customers have in common: transactions, and what is told and written of each change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from feiqian.audit_log.log import AuditLog
from feiqian.auth.notices import Notices
from feiqian.clock import Clock
from feiqian.customers.registry import Customers
from feiqian.runtime.transactions import Transactions
from feiqian.subjects import Subject


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
