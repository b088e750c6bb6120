"""How notices of somebody's access stand in the inbox, and what they lead to."""

from __future__ import annotations

from feiqian.inbox.model import Group
from feiqian.web.wallet_parts import NoticeKind

NOTICES = (
    NoticeKind("signed_in", "laptop", "notices.act.devices"),
    NoticeKind("changed", "shield", "notices.act.security"),
    NoticeKind("frozen", "snow", "notices.act.security"),
    NoticeKind("frozen_by_report", "snow", "notices.act.security"),
    NoticeKind("unfrozen", "shield", "notices.act.security"),
    NoticeKind("locked", "lock", "notices.act.security"),
    NoticeKind("locked_device", "lock", "notices.act.security"),
    NoticeKind("recovered", "key", "notices.act.security"),
    NoticeKind("recovery_help", "alert", "notices.act.security"),
    NoticeKind("number_reassigned", "phone", "notices.act.security"),
    NoticeKind("case_opened", "alert", "notices.act.case", Group.SERVICES),
    NoticeKind("verified", "check", "notices.act.pay", Group.SERVICES),
    NoticeKind("identity_refused", "card", "notices.act.identity"),
    NoticeKind("document_known", "card", "notices.act.identity"),
    NoticeKind("credited", "receipt", "notices.look"),
    NoticeKind("debited", "receipt", "notices.look"),
)
