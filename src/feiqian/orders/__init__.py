"""Orders: what a merchant wants to be paid once, by whichever attempt succeeds first; closed, captured and refunded."""

STANDS_ON: tuple[str, ...] = ("policy", "accounts", "customers", "auth", "merchants", "webhooks", "limits", "payments")
