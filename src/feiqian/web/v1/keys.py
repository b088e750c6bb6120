"""The `Idempotency-Key` of a merchant's request."""

from __future__ import annotations

import re
from collections.abc import Iterable

from . import problems
from .problems import ProblemError

_KEY = re.compile("[A-Za-z0-9._:-]{1,64}", re.ASCII)


def idempotency_key(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The key, or "". Raises ProblemError for one that is not as it has to be, and for two."""
    keys = [value.decode("latin-1") for name, value in headers if name == b"idempotency-key"]
    if not keys:
        return ""
    if len(keys) > 1:
        raise ProblemError(problems.MALFORMED_REQUEST, "The Idempotency-Key header occurs twice.")
    if not _KEY.fullmatch(keys[0]):
        raise ProblemError(problems.MALFORMED_REQUEST, "An Idempotency-Key has 1 to 64 letters, digits, and . _ : -")
    return keys[0]
