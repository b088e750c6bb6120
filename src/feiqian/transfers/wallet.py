"""The button that sends money, and how notices of transfers stand in the inbox."""

from __future__ import annotations

from feiqian.inbox.model import Group
from feiqian.web.wallet_parts import NoticeKind, Prime

PRIME = (Prime(30, "send", "transfers.short", "/transfers/new"),)
NOTICES = (
    NoticeKind("transfer_held", "clock", "transfers.act"),
    NoticeKind("transfer_waiting", "clock", "transfers.act", Group.PEOPLE),
    NoticeKind("transfer_brought", "check", "transfers.act", Group.PEOPLE),
    NoticeKind("transfer_returned", "refresh", "transfers.act"),
)
