"""The decision of every payment, payment codes, refunds, and the pages where people pay and are paid."""

STANDS_ON: tuple[str, ...] = ("policy", "accounts", "customers", "auth", "merchants")
