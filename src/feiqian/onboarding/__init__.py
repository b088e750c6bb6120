"""From newcomer to customer who pays: registration and the real-name check."""

STANDS_ON: tuple[str, ...] = ("policy", "audit_log", "ledger_intents", "notify", "kyc", "accounts", "customers", "auth")
