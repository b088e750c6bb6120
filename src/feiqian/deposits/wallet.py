"""The way from the wallet to a customer's accounts."""

from __future__ import annotations

from feiqian.web.wallet_parts import Shortcut

SHORTCUTS = (Shortcut(10, "bank", "accounts.title", "/accounts"),)
