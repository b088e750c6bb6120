"""Who the bank's customers are: registry, profiles, levels, issuing devices of payment codes."""

STANDS_ON: tuple[str, ...] = ("policy", "audit_log", "notify")
