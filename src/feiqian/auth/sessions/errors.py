"""What sessions refuse. None of it names a token."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class SessionRefused(FeiqianError):
    """A session cannot be opened for this: it is no sign-in that somebody has passed."""
