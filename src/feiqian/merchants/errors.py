"""What can be wrong with an API key that is made or revoked, and with the key of a request."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class KeyInvalid(FeiqianError):
    """An API key cannot be as was asked. Says why."""


class KeysFull(FeiqianError):
    """The merchant has as many keys that are honoured as it may have."""


class KeyNotFound(FeiqianError):
    """The merchant has no such key that could be revoked."""


class RequestKeyUsed(FeiqianError):
    """The `Idempotency-Key` was used before, for another request."""

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used before, for another request")
