"""The way from the wallet to the money lock."""

from __future__ import annotations

from feiqian.web.wallet_parts import NoticeKind, Shortcut

SHORTCUTS = (Shortcut(30, "lock", "locks.wallet.link", "/locks"),)
NOTICES = tuple(NoticeKind(kind, "lock", "notices.act.locks") for kind in ("lock_opening", "lock_kept", "lock_opened"))
