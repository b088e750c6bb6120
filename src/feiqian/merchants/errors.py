"""What can be wrong with an API key that is made or revoked."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class KeyInvalid(FeiqianError):
    """An API key cannot be as was asked. Says why."""


class KeysFull(FeiqianError):
    """The merchant has as many keys that are honoured as it may have."""


class KeyNotFound(FeiqianError):
    """The merchant has no such key that could be revoked."""
