"""The bank's staff and their console: queues, changes that another approves, the audit log's reader.

Of what features have for it, it knows what they register: `queues`, `changes`, `support`, and pages for staff.
"""

STANDS_ON: tuple[str, ...] = ("policy", "audit_log", "ledger_intents", "notify", "kyc", "customers", "auth")
