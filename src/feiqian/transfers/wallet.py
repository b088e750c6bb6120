"""The button that sends money."""

from __future__ import annotations

from feiqian.web.wallet_parts import Prime

PRIME = (Prime(30, "send", "transfers.title", "/transfers/new"),)
