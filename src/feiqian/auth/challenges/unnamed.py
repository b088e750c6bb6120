"""Challenges of nobody yet, for sign-in by passkey: kept by the browser alone, sealed with a mark of the bank's key.

Nothing is stored when one is begun, so a stranger who asks for many fills nothing. The one that was signed is stored
when the signature has been checked; its id is its row's key, so that it is accepted once, after a restart, too.
"""

from __future__ import annotations

import hmac
import re
from typing import NamedTuple

from feiqian.auth.challenges.errors import ChallengeNotFound
from feiqian.field_cipher import FieldCipher
from feiqian.policy.factors import Purpose

_PLACE = "unnamed challenge"
_TOKEN = re.compile(
    r"(?P<id>chl_[0-9a-f]{32})\.(?P<purpose>[a-z_]{1,20})\.(?P<language>[a-z]{2})\.(?P<begun_at>[0-9]{1,18})"
    r"\.(?P<mark>[0-9a-f]{32})",
    re.ASCII,
)


class Unnamed(NamedTuple):
    """All that the text to be signed is made of; `begun_at` in Unix microseconds."""

    id: str
    purpose: Purpose
    language: str
    begun_at: int

    def token(self, cipher: FieldCipher) -> str:
        """What the browser keeps and sends back."""
        said = f"{self.id}.{self.purpose}.{self.language}.{self.begun_at}"
        return f"{said}.{cipher.blind_index(said, _PLACE).hex()}"


def read(cipher: FieldCipher, token: str) -> Unnamed:
    """What `token` made. Raises ChallengeNotFound for what is not of this bank's key."""
    match = _TOKEN.fullmatch(token)
    said, _, mark = token.rpartition(".")
    if match is None or not hmac.compare_digest(cipher.blind_index(said, _PLACE).hex(), mark):
        raise ChallengeNotFound
    return Unnamed(match["id"], Purpose(match["purpose"]), match["language"], int(match["begun_at"]))
