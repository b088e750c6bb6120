"""Hashes of passwords and PINs: Argon2id (RFC 9106) of a keyed hash, so that a stolen table alone cannot be guessed.

The key is the bank's data key; without it even a PIN of six digits cannot be tried out. All functions compute for long.
"""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from feiqian.sealing import Sealer

LONGEST = 128  # characters that are hashed; more is never a match


class SecretHasher:
    """`argon2` may be another, with lighter parameters, in tests."""

    def __init__(self, sealer: Sealer, argon2: PasswordHasher | None = None) -> None:
        self._sealer = sealer
        self._argon2 = argon2 or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._dummy = self._argon2.hash("nobody has this")

    def hash(self, text: str) -> str:
        """A hash to keep. Raises ValueError beyond LONGEST."""
        if len(text) > LONGEST:
            raise ValueError("too long to be hashed")
        return self._argon2.hash(self._keyed(text))

    def matches(self, hash: str | None, text: str) -> bool:
        """Whether the text is what was hashed. None (there is nothing to match) takes as long, and is False."""
        try:
            right = self._argon2.verify(hash or self._dummy, self._keyed(text[:LONGEST]))
        except (VerificationError, InvalidHashError):
            return False
        return right and hash is not None and len(text) <= LONGEST

    def outdated(self, hash: str) -> bool:
        """Whether it was made with other parameters than are used now."""
        return self._argon2.check_needs_rehash(hash)

    def _keyed(self, text: str) -> str:
        return self._sealer.blind(unicodedata.normalize("NFKC", text), "secret").hex()
