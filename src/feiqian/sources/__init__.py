"""What a customer's payments are taken from: the wallet or own accounts, in an order of their choice."""

STANDS_ON: tuple[str, ...] = ("audit_log", "accounts", "customers", "auth", "payments", "deposits")
