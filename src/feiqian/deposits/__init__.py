"""Deposit accounts at this bank: several of each customer, with a number, an alias and a state, on the ledger."""

STANDS_ON: tuple[str, ...] = (
    "policy",
    "audit_log",
    "ledger_intents",
    "accounts",
    "customers",
    "auth",
    "merchants",
    "payments",
)
