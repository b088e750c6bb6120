"""x"""

STANDS_ON: tuple[str, ...] = ()
