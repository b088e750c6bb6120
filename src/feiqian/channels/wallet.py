"""The way from the wallet to the services of channels."""

from __future__ import annotations

from feiqian.inbox.model import Group
from feiqian.web.wallet_parts import NoticeKind, Shortcut

SHORTCUTS = (Shortcut(70, "laptop", "services.short", "/services"),)
_KINDS = ("service_requested", "service_active", "service_refused", "service_closed")
NOTICES = tuple(NoticeKind(kind, "laptop", "notices.act.services", Group.SERVICES) for kind in _KINDS)
