"""The way from the wallet to quick payment."""

from __future__ import annotations

from feiqian.web.wallet_parts import Shortcut

SHORTCUTS = (Shortcut(20, "phone", "quick.title", "/quick/accounts"),)
