"""What customers need a person's help with."""

STANDS_ON: tuple[str, ...] = ("audit_log", "customers")
