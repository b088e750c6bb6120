"""The way from the wallet to scanning."""

from __future__ import annotations

from feiqian.web.wallet_parts import Prime

PRIME = (Prime(10, "scan", "scan.title", "/scan"),)
