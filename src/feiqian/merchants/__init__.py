"""Who is paid: merchants, their stores and their API keys."""

STANDS_ON: tuple[str, ...] = ("audit_log",)
