"""Which scanned codes are a feature's: it says so in its `wallet.py`, as `SCANNED`."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from feiqian import features
from feiqian.errors import FeiqianError
from feiqian.services import Services


class Meaning(NamedTuple):
    """What a scanned text is of: a word for what, its id, and the page of ours where that is dealt with."""

    kind: str
    id: str
    path: str


class ScanRefused(FeiqianError):
    """A scanned text leads nowhere. `reason`: a word, with the text `scan.refused.<reason>`."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"what was scanned leads nowhere: {reason}")
        self.reason = reason


class ScannedKind(Protocol):
    """A sort of code that customers scan."""

    order: int

    def read(self, services: Services, text: str) -> Meaning | None:
        """What the text means; None if it is of another sort. Decides by the text alone, and looks nothing up.

        Raises ScanRefused for one of this sort that is not good.
        """


def scanned_kinds() -> list[ScannedKind]:
    """Those of all features."""
    return features.scanned_kinds()
