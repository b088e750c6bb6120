"""What is refused, for the one who asks."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class PeriodInvalid(FeiqianError):
    """The days are no period that a statement can have. `reason`: a word, of which there are texts."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"a statement cannot have this period: {reason}")
        self.reason = reason


class TooManyEntries(FeiqianError):
    """The period has more entries than a file of this kind takes. `most`: how many it takes."""

    def __init__(self, entries: int, most: int) -> None:
        super().__init__(f"the period has {entries} entries, and such a file has at most {most}: choose a shorter one")
        self.entries, self.most = entries, most


class RecordIncomplete(FeiqianError):
    """Some entries cannot be shown until the bank has repaired its record. A statement without them would be wrong."""


class StatementNotFound(FeiqianError):
    """There is no such statement: nobody was given one with this code."""
