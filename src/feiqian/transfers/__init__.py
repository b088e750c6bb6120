"""Transfers between people: decided at once by the ledger, each number once, shown to both sides."""

STANDS_ON: tuple[str, ...] = (
    "policy",
    "outbox",
    "notify",
    "accounts",
    "customers",
    "inbox",
    "cases",
    "auth",
    "backoffice",
    "limits",
    "payments",
    "deposits",
    "activity",
    "sources",
    "payees",
)
