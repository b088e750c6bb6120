"""Tokens of sessions and devices: 256 random bits as text. The bank keeps their SHA-256 only, which opens nothing.

A plain hash is enough: what is hashed is random and long, unlike a password (NIST SP 800-63B, 5.1.2.2 and 7.1).
"""

from __future__ import annotations

import hashlib
import re
import secrets

TOKEN_BYTES = 32
_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def new_token() -> str:
    """43 characters of base64url, of the operating system's randomness."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_of(token: str) -> bytes | None:
    """What is kept of a token; None for what never was one, which so costs no question to the database."""
    return hashlib.sha256(token.encode()).digest() if _SHAPE.fullmatch(token) else None
