"""Quick payment: a service of a deposit account, paid with mobile number, last six digits and a code."""

STANDS_ON: tuple[str, ...] = (
    "audit_log",
    "customers",
    "kyc",
    "auth",
    "backoffice",
    "deposits",
    "policy",
    "merchants",
    "limits",
    "payments",
    "orders",
)
