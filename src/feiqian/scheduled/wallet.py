"""The way from the wallet to scheduled transfers, and how notices of them stand in the inbox."""

from __future__ import annotations

from feiqian.inbox.model import Group
from feiqian.web.wallet_parts import NoticeKind, Shortcut

SHORTCUTS = (Shortcut(25, "clock", "scheduled.title", "/scheduled"),)
NOTICES = (
    NoticeKind("schedule_again", "clock", "scheduled.act", Group.SERVICES),
    NoticeKind("schedule_failed", "alert", "scheduled.act"),
    NoticeKind("schedule_payee_changed", "alert", "scheduled.act"),
    NoticeKind("schedule_source_gone", "alert", "scheduled.act"),
    NoticeKind("schedule_not_as_confirmed", "alert", "scheduled.act"),
    NoticeKind("schedule_missed", "alert", "scheduled.act"),
)
