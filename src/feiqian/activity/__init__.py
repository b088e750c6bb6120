"""A customer's activity: what moved on all accounts and what came to nothing, searched; the receipt of each."""

STANDS_ON: tuple[str, ...] = (
    "policy",
    "audit_log",
    "accounts",
    "customers",
    "cases",
    "auth",
    "merchants",
    "payments",
    "deposits",
)
