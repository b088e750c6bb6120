"""What the inbox refuses."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class WishesInvalid(FeiqianError):
    """What is to be sent cannot be as was asked. `reason` is the word for it: quiet, too_often."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"what is to be sent cannot be as was asked: {reason}")
        self.reason = reason


class NoticeNotFound(FeiqianError):
    """The customer has no notice of this id."""
