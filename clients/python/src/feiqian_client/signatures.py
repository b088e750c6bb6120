"""Whether something is signed with a secret of the bank's: HMAC-SHA256, as Standard Webhooks has it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence

PREFIX = "whsec_"
SHORTEST_KEY = 16
SECRET_BYTES = 32


def new_secret() -> str:
    """For whoever signs: a secret as the bank's are."""
    return PREFIX + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def signature(secret: str, id: str, at: str, body: bytes) -> str:
    """That of one secret, without the version before it. Raises ValueError for what is no secret."""
    return _digest(_key(secret), id, at, body).decode()


def is_signed(secrets: Sequence[str], signatures: str, id: str, at: str, body: bytes) -> bool:
    """Whether one of the signatures, with spaces between, is that of one of the secrets. Raises ValueError for what is
    no secret, and for none at all: nothing would be checked."""
    keys = [_key(secret) for secret in secrets]
    if not keys:
        raise ValueError("no secret to check with")
    given = [text.removeprefix("v1,").encode() for text in signatures.split(" ") if text.startswith("v1,")]
    right = [_digest(key, id, at, body) for key in keys]
    # All are compared, so that the time that it takes says nothing.
    return bool(sum(hmac.compare_digest(one, other) for one in right for other in given))


def _digest(key: bytes, id: str, at: str, body: bytes) -> bytes:
    content = b"%b.%b.%b" % (id.encode(), at.encode(), body)
    return base64.b64encode(hmac.digest(key, content, hashlib.sha256))


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if len(key) < SHORTEST_KEY:  # with an empty one anybody could sign
        raise ValueError("a secret is not as the bank has given it")
    return key
