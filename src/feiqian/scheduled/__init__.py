"""Transfers that are made later or repeatedly: each date is one transfer, also after a crash or a pause of the bank."""

STANDS_ON: tuple[str, ...] = (
    "policy",
    "customers",
    "inbox",
    "auth",
    "limits",
    "payments",
    "deposits",
    "payees",
    "transfers",
)
