"""The way to the name that a customer is paid by."""

from __future__ import annotations

from feiqian.web.wallet_parts import Shortcut

SHORTCUTS = (Shortcut(25, "person", "payees.alias", "/payees/alias"),)
