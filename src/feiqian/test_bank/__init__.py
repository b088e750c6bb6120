"""A guest in the product: a private bank for developers' tests, with payers for each outcome and a clock to move on."""

STANDS_ON: tuple[str, ...] = (
    "demo",
    "notify",
    "accounts",
    "customers",
    "auth",
    "merchants",
    "payments",
    "webhooks",
    "orders",
    "deposits",
)
