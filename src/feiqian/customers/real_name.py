"""From newcomer to customer who pays: the real-name check, and every change of a level."""

from __future__ import annotations

from feiqian.customers.model import Details
from feiqian.customers.parts import Parts
from feiqian.identity.model import Review
from feiqian.subjects import Subject


class RealName:
    """What is decided is written first and told the ledger then; `resume` completes what a crash has cut in two."""

    def __init__(self, parts: Parts) -> None:
        self._p = parts

    async def check_identity(self, customer: int, images: list[bytes], corrected: Details | None = None) -> Review:
        """Checks who the customer claimed to be when registering (or claims now) against pictures of the document.

        Verified: the level is "remote" and the wallet is open when this returns. Raises AlreadyChecked, and identity's
        errors of images and numbers.
        """
        raise NotImplementedError

    async def apply_decision(self, review: Review, by: Subject) -> None:
        """What staff have decided of a review that the verifier could not decide."""
        raise NotImplementedError

    async def raise_level(self, customer: int, level: str, by: Subject) -> None:
        """Sets the level, up or down, with the wallet and its limits. Raises CustomerNotFound, LevelUnknown."""
        raise NotImplementedError

    async def resume(self) -> int:
        """At the start: completes level changes and freezes that were begun. Returns how many there were."""
        raise NotImplementedError
