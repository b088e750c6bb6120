"""The checkout: an order is paid on the bank's own page, by quick payment, from the wallet, or by scanning."""

STANDS_ON: tuple[str, ...] = (
    "auth",
    "customers",
    "kyc",
    "merchants",
    "webhooks",
    "payments",
    "orders",
    "deposits",
    "sources",
    "quick",
)
