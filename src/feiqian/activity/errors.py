"""What is refused, for the one who asks."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class MovementNotFound(FeiqianError):
    """The customer has no movement of this id."""
