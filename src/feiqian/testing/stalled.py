"""A journal's disk that stands still for as long as a test says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from feiqian.ledger.journal import Journal

GIVES_UP_SECONDS = 60


@contextmanager
def stalled(journal: Journal) -> Iterator[threading.Event]:
    """Every append from here on ends when this does. The event tells that one has begun."""
    begun, goes_on, append = threading.Event(), threading.Event(), journal.append

    def stand_still(position: int, body: bytes, written_at: int) -> bytes:
        begun.set()
        if not goes_on.wait(GIVES_UP_SECONDS):
            raise OSError("the disk stood still for longer than the test")
        return append(position, body, written_at)

    journal.append = stand_still  # type: ignore[method-assign]
    try:
        yield begun
    finally:
        journal.append = append  # type: ignore[method-assign]
        goes_on.set()
