"""Asking for money: receive codes, requests, and bills that are split; what is paid with them are transfers."""

STANDS_ON: tuple[str, ...] = (
    "policy",
    "audit_log",
    "outbox",
    "notify",
    "kyc",
    "customers",
    "inbox",
    "cases",
    "auth",
    "backoffice",
    "limits",
    "payments",
    "deposits",
    "sources",
    "payees",
    "transfers",
    "checkout",
)
