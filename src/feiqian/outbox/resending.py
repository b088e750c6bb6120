"""Sends dead letters again, and says in the audit log who had that done."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from feiqian.audit_log.log import AuditLog
from feiqian.outbox import store
from feiqian.subjects import Subject


def resend(connection: Connection, audit_log: AuditLog, ids: Iterable[str], by: Subject, now: int) -> list[str]:
    """All of them or none; returns their ids. Raises NotResendable.

    Whoever serves the bank finds them at its next look, within a second.
    """
    resent = list(dict.fromkeys(ids))
    for id in resent:
        topic = store.resend(connection, id, now)
        audit_log.append(connection, by, "delivery_resent", id, {"topic": topic}, now)
    return resent
