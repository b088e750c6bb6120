"""Messages to people: their words, the channels that deliver them, and rate limits."""

STANDS_ON: tuple[str, ...] = ("policy", "outbox")
