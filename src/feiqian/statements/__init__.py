"""Statements of accounts for a period, as files: PDF, CSV, XLSX, OFX and camt.053. Decides nothing, moves nothing."""

STANDS_ON: tuple[str, ...] = (
    "policy",
    "accounts",
    "customers",
    "auth",
    "merchants",
    "payments",
    "deposits",
    "activity",
)
