"""The decision of every payment, payment codes, refunds, and the pages where people pay and are paid."""

STANDS_ON: tuple[str, ...] = ("policy", "outbox", "accounts", "customers", "auth", "merchants", "limits")
