"""Webhooks: merchants' systems are told of what happens to their payments and orders, signed, at least once."""

STANDS_ON: tuple[str, ...] = ("audit_log", "outbox", "notify", "merchants", "payments")
