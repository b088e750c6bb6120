"""What the choice of sources refuses."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class SourcesInvalid(FeiqianError):
    """The order cannot be as was asked. `reason` is the word for it: empty, too_many, unknown, twice, closed,
    too_often."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"payments cannot be taken in this order: {reason}")
        self.reason = reason
