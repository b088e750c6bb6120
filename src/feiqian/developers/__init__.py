"""Pages for a merchant's developers and operators: API keys, webhooks and their log, orders with their time line."""

STANDS_ON: tuple[str, ...] = (
    "policy",
    "audit_log",
    "auth",
    "merchants",
    "merchant_users",
    "payments",
    "webhooks",
    "orders",
)
