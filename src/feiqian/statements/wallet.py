"""The way from the wallet to statements."""

from __future__ import annotations

from feiqian.web.wallet_parts import Shortcut

SHORTCUTS = (Shortcut(15, "receipt", "statements.title", "/statements"),)
