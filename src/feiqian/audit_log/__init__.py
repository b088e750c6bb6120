"""Who looked at what and did what, chained by hashes."""

STANDS_ON: tuple[str, ...] = ()
