"""API keys: made, hashed and told apart here; kept by `registry.py`. The key itself is shown once and never stored.

A key has 256 random bits, so a fast hash of it is enough: there is nothing to guess that a slow one would protect.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from enum import StrEnum
from typing import Literal

Kind = Literal["live", "test"]
LONGEST_NAME = 60
SHOWN = 12  # how many letters of a key are kept, to tell keys apart: fq_live_ and four more

_SHAPE = re.compile(r"fq_(live|test)_[A-Za-z0-9_-]{43}", re.ASCII)


class KeyRefusal(StrEnum):
    """Why a key opens nothing. UNKNOWN also answers for revoked keys, so that nothing can be learnt from it."""

    UNKNOWN = "unknown_key"
    WRONG_KIND = "wrong_kind_of_key"


def new_key(kind: Kind) -> str:
    """A fresh key, such as fq_live_ and 43 letters."""
    return f"fq_{kind}_{secrets.token_urlsafe(32)}"


def hash_of(key: str) -> bytes:
    """What is stored of a key."""
    return hashlib.sha256(key.encode()).digest()


def kind_of(key: str) -> str | None:
    """live or test; None for what has not the shape of a key."""
    match = _SHAPE.fullmatch(key)
    return match[1] if match else None
