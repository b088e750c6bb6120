"""The money lock: an amount of a wallet or an account that nothing spends until its owner has opened it, and waited."""

STANDS_ON: tuple[str, ...] = (
    "policy",
    "audit_log",
    "ledger_intents",
    "notify",
    "accounts",
    "customers",
    "auth",
    "payments",
    "deposits",
)
