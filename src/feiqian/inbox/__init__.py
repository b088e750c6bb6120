"""A customer's inbox: what the bank has to tell them, kept until it is read and after, with what each notice can do."""

STANDS_ON: tuple[str, ...] = ("audit_log", "notify", "customers")
