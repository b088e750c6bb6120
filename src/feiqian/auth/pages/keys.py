"""Keys and tokens in forms: what a browser's WebAuthn answered is JSON, longer than what people type."""

from __future__ import annotations

import re
from typing import Any

from litestar import Request
from litestar.datastructures import State

from feiqian.web.forms import Form, read_form

LONGEST_ANSWER = 12_000  # characters; the pages' requests are bounded besides
FIELD = "answer"
LONGEST_URI = 500
_SECRET_OF_URI = re.compile(r"[?&]secret=([A-Z2-7]+)")


async def read_key_form(request: Request[Any, Any, State]) -> Form:
    """As `read_form`; the field `answer` may be long."""
    return await read_form(request, {FIELD: LONGEST_ANSWER})


def letters_of(uri: str) -> str:
    """A token's secret in groups of four, to be typed; "" if this is no token's address."""
    found = _SECRET_OF_URI.search(uri) if uri.startswith("otpauth:") and len(uri) <= LONGEST_URI else None
    return re.sub(r"(.{4})(?=.)", r"\1 ", found[1]) if found else ""
