"""Wallets in the ledger: opened, limited by level, frozen, corrected."""

STANDS_ON: tuple[str, ...] = ("policy",)
