"""Passkeys and shields in forms: what a browser's WebAuthn answered is JSON, longer than what people type."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.datastructures import State

from feiqian.web.forms import Form, read_form

LONGEST_ANSWER = 12_000  # characters; the pages' requests are bounded besides
FIELD = "answer"


async def read_key_form(request: Request[Any, Any, State]) -> Form:
    """As `read_form`; the field `answer` may be long."""
    return await read_form(request, {FIELD: LONGEST_ANSWER})
