"""Balance-change reminders: who wants to be told of what happens on which account, when, and with the balance after."""

STANDS_ON: tuple[str, ...] = (
    "audit_log",
    "outbox",
    "notify",
    "accounts",
    "customers",
    "auth",
    "merchants",
    "payments",
    "deposits",
    "transfers",
)
