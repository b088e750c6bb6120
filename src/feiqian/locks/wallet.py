"""The way from the wallet to the money lock."""

from __future__ import annotations

from feiqian.web.wallet_parts import Shortcut

SHORTCUTS = (Shortcut(30, "lock", "locks.wallet.link", "/locks"),)
