"""What is decided in the bank's database and then told the ledger: written first, completed after any crash."""

STANDS_ON: tuple[str, ...] = ()
