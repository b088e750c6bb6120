"""The way from the wallet to the choice of reminders."""

from __future__ import annotations

from feiqian.web.wallet_parts import Shortcut

SHORTCUTS = (Shortcut(60, "bell", "reminders.short", "/reminders"),)
