"""What a customer may pay: limits of bank, policy and customer, the lowest counts; and from whom they may be paid."""

STANDS_ON: tuple[str, ...] = ("policy", "audit_log", "notify", "accounts", "customers", "auth")
