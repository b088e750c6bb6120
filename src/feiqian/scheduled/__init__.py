"""Transfers that are made later or repeatedly: each date is one transfer, also after a crash or a pause of the bank."""

STANDS_ON: tuple[str, ...] = (
    "policy",
    "audit_log",
    "notify",
    "customers",
    "inbox",
    "auth",
    "backoffice",
    "limits",
    "payments",
    "deposits",
    "payees",
    "transfers",
)
