"""Python's garbage collector in processes that run for long, and make and drop many objects that are in no cycle."""

from __future__ import annotations

import gc

YOUNG = 20_000  # objects more than were dropped, before the youngest are looked at
OLDER = 20, 50  # such looks before older ones are looked at, too


def settle() -> None:
    """What there is now stays: the collector need not look at it again and again, and seldom at what is under way."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *OLDER)
