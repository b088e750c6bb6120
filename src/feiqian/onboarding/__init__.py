"""From newcomer to customer who pays: registration and the real-name check."""

STANDS_ON: tuple[str, ...] = ("policy", "notify", "kyc", "accounts", "customers", "auth")
