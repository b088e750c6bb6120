"""The way from the wallet to the customer's limits."""

from __future__ import annotations

from feiqian.web.wallet_parts import NoticeKind, Shortcut

SHORTCUTS = (Shortcut(20, "coin", "limits.wallet.link", "/limits"),)
NOTICES = tuple(NoticeKind(kind, "coin", "notices.act.limits") for kind in ("limit_raise", "limit_raised"))
