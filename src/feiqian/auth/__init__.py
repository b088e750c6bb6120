"""Who somebody is and what they prove: sessions, challenges and factors, sign-in, recovery, the security centre."""

STANDS_ON: tuple[str, ...] = (
    "policy",
    "audit_log",
    "ledger_intents",
    "notify",
    "cases",
    "kyc",
    "accounts",
    "customers",
    "inbox",
)
