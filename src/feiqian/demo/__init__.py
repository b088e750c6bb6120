"""A guest in the product: a seeded bank in a box, with shoppers, an inbox and a till."""

STANDS_ON: tuple[str, ...] = (
    "policy",
    "notify",
    "kyc",
    "accounts",
    "customers",
    "auth",
    "onboarding",
    "merchants",
    "payments",
    "backoffice",
)
