"""Memory of processes that run for long: Python's garbage collector, where many objects are made and dropped that are
in no cycle, and what the C library keeps of memory that was freed.
"""

from __future__ import annotations

import ctypes
import gc

YOUNG = 20_000  # objects more than were dropped, before the youngest are looked at
OLDER = 20, 50  # such looks before older ones are looked at, too


def settle() -> None:
    """What there is now stays: the collector need not look at it again and again, and seldom at what is under way."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *OLDER)


def give_back() -> None:
    """Gives freed memory back to the system, which glibc does by itself only at the end of its heap.

    It takes some milliseconds, in which nothing else runs. Nothing happens with a C library that knows no such call.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
