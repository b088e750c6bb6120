"""The wallet's first page, what a customer has and what needs attention, and all that is theirs under their name."""

STANDS_ON: tuple[str, ...] = (
    "accounts",
    "customers",
    "inbox",
    "auth",
    "payments",
    "deposits",
    "activity",
    "sources",
)
