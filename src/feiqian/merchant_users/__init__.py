"""The people of merchants, each with a role: invited, signed in with two factors; and the portal of pages for them."""

STANDS_ON: tuple[str, ...] = ("policy", "audit_log", "notify", "auth", "merchants")
