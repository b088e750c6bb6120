"""Red packets: money in shares that are decided when it is put in, each taken once; what is left returns."""

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
    "transfers",
    "checkout",
)
