"""What the bank tells the world: deliveries, written with what they tell and sent at least once, in order."""

STANDS_ON: tuple[str, ...] = ("audit_log",)
