"""The bank's staff and their console: queues, changes that another approves, the audit log's reader."""

STANDS_ON: tuple[str, ...] = (
    "policy",
    "audit_log",
    "ledger_intents",
    "notify",
    "cases",
    "kyc",
    "accounts",
    "customers",
    "auth",
    "onboarding",
    "merchants",
    "payments",
)
