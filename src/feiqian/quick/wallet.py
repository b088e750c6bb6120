"""The way from the wallet to quick payment."""

from __future__ import annotations

from feiqian.web.wallet_parts import NoticeKind, Shortcut

SHORTCUTS = (Shortcut(20, "phone", "quick.title", "/quick/accounts"),)
_KINDS = ("quick_opened", "quick_closed", "quick_paused", "quick_resumed", "quick_remembered")
NOTICES = tuple(NoticeKind(kind, "phone", "notices.act.quick") for kind in _KINDS)
