"""Internet, mobile and telephone banking as services: requested and closed by customers, decided on by staff."""

STANDS_ON: tuple[str, ...] = ("audit_log", "notify", "customers", "inbox", "auth", "backoffice")
