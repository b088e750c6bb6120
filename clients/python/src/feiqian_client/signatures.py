"""Whether something is signed with a secret of the bank's: HMAC-SHA256, as Standard Webhooks has it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
SHORTEST_KEY = 16


def is_signed(secrets: Sequence[str], signatures: str, id: str, at: str, body: bytes) -> bool:
    """Whether one of the signatures, with spaces between, is that of one of the secrets. Raises ValueError for what is
    no secret, and for none at all: nothing would be checked."""
    keys = [_key(secret) for secret in secrets]
    if not keys:
        raise ValueError("no secret to check with")
    signed = b"%b.%b.%b" % (id.encode(), at.encode(), body)
    given = [text.removeprefix("v1,").encode() for text in signatures.split(" ") if text.startswith("v1,")]
    right = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)) for key in keys]
    # All are compared, so that the time that it takes says nothing.
    return bool(sum(hmac.compare_digest(one, other) for one in right for other in given))


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if len(key) < SHORTEST_KEY:  # with an empty one anybody could sign
        raise ValueError("a secret is not as the bank has given it")
    return key
