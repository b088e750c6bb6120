"""Signatures of Standard Webhooks 1.0: HMAC-SHA256 over id, time and body, by a secret that the receiver has, too."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """As the receiver gets it, once."""
    return PREFIX + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def sign(secret: str, id: str, seconds: int, body: bytes) -> str:
    """One signature, of the version v1. `seconds`: the Unix time of this attempt."""
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    signed = hmac.digest(key, b"%b.%d.%b" % (id.encode(), seconds, body), hashlib.sha256)
    return "v1," + base64.b64encode(signed).decode()


def headers(secrets: Sequence[str], id: str, seconds: int, body: bytes) -> dict[str, str]:
    """The three headers; with a signature by each secret, so that a receiver may have either while one is replaced."""
    signatures = " ".join(sign(secret, id, seconds, body) for secret in secrets)
    return {"webhook-id": id, "webhook-timestamp": str(seconds), "webhook-signature": signatures}
