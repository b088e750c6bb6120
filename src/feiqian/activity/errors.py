"""What is refused, for the one who asks."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class MovementNotFound(FeiqianError):
    """The customer has no movement of this id."""


class NoteInvalid(FeiqianError):
    """A note is longer than notes are, or the customer has as many as are kept."""


class ReportInvalid(FeiqianError):
    """A report says nothing of what is wrong, or is too long."""


class TooManyReports(FeiqianError):
    """The customer has reported as many movements today as one may."""


class ReceiptNotFound(FeiqianError):
    """No receipt has this code: it was mistyped, or the bank never gave it out."""


class TooManyTries(FeiqianError):
    """So many receipts were looked for from this network that the next has to wait."""
