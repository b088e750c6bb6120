"""What is refused about identities and documents. No text repeats what was sent."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class IdentityError(FeiqianError):
    """It cannot be done so. Nothing was kept."""


class NumberInvalid(IdentityError):
    """A mobile or identity number cannot be right. `reason` is a word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the number is not valid: {reason}")
        self.reason = reason


class MrzInvalid(IdentityError):
    """A machine-readable zone cannot be right. `field` says which part of it."""

    def __init__(self, field: str) -> None:
        super().__init__(f"the machine-readable zone is not valid: {field}")
        self.field = field


class ImageRefused(IdentityError):
    """A picture cannot be taken.

    `reason` is too_large, too_many, not_a_picture, too_many_pixels, too_small or too_costly (to decode).
    `place` is which of them it is, from 0; None where it is all of them, or not known.
    """

    def __init__(self, reason: str, place: int | None = None) -> None:
        super().__init__(f"the picture cannot be taken: {reason}")
        self.reason, self.place = reason, place


class ReviewNotFound(IdentityError):
    """There is no such review, or no such picture in it."""


class ReviewOver(IdentityError):
    """The review has been decided; it is decided once."""


class OwnClearance(IdentityError):
    """Who has cleared a match first cannot be the second one, too."""


class DocumentTaken(ReviewOver):
    """Another customer has been verified with this document meanwhile: this review can only be refused."""


class ClaimMissing(IdentityError):
    """Nothing is known of who this customer says they are."""


class SanctionsInvalid(IdentityError):
    """The sanctions list cannot be read. Says which file and line."""
