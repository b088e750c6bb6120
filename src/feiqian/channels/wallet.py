"""The way from the wallet to the services of channels."""

from __future__ import annotations

from feiqian.web.wallet_parts import Shortcut

SHORTCUTS = (Shortcut(70, "laptop", "services.short", "/services"),)
