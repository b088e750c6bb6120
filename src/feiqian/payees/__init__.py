"""Payees: whom a sender of money means, by number, account or what else names people, and whether the name fits."""

STANDS_ON: tuple[str, ...] = (
    "policy",
    "audit_log",
    "kyc",
    "accounts",
    "customers",
    "auth",
    "limits",
    "payments",
    "deposits",
)
