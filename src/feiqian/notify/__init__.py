"""Messages to people: an outbox, the channels that deliver it, and rate limits."""

STANDS_ON: tuple[str, ...] = ("policy",)
