"""The way from the wallet to the customer's limits."""

from __future__ import annotations

from feiqian.web.wallet_parts import Shortcut

SHORTCUTS = (Shortcut(20, "coin", "limits.wallet.link", "/limits"),)
