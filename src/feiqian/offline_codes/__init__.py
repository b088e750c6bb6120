"""Payment codes for a phone without network: those of the coming minutes, fetched ahead, and their page."""

STANDS_ON: tuple[str, ...] = ("policy", "customers", "auth", "accounts", "payments")
