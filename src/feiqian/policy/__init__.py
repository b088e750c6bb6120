"""What the bank allows and what has to be proved for what, read from a file."""

STANDS_ON: tuple[str, ...] = ()
