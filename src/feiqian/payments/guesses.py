"""Counts wrong payment codes per merchant, so that codes cannot be guessed. In memory, bounded; forgotten at a restart.

Beyond the limit every new payment of the merchant is refused, right codes too, or guessing could go on; a success in
between forgives nothing. A code that is not of our shape or has expired is no guess: it tells nothing new.
"""

from __future__ import annotations

from collections import deque

LIMIT, WINDOW_SECONDS = 30, 600


class Guesses:
    """Wrong codes in a sliding window: at most `LIMIT` moments are kept for each merchant."""

    def __init__(self) -> None:
        self._wrong: dict[int, deque[int]] = {}

    def too_many(self, merchant: int, now_seconds: int) -> bool:
        """Whether the merchant has used up its wrong codes of the last `WINDOW_SECONDS`."""
        wrong = self._wrong.get(merchant)
        return wrong is not None and len(wrong) == LIMIT and now_seconds - wrong[0] < WINDOW_SECONDS

    def wrong(self, merchant: int, now_seconds: int) -> None:
        """One more wrong code."""
        self._wrong.setdefault(merchant, deque(maxlen=LIMIT)).append(now_seconds)
