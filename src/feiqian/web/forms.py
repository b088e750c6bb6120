"""Forms as pages see them: what was filled in, and what is wrong with it, field by field.

templates/parts/forms.html draws them. What is secret (`type="password"`, codes) is never filled in again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from feiqian.normal import code_digits
from feiqian.workers.bodies import TOO_MANY, form_fields
from feiqian.workers.frames import Refused

FORM_BYTES = 16_384
LONGEST_VALUE = 2_000
NONE: Mapping[str, int] = {}
Asked = Request[Any, Any, State]


@dataclass(slots=True)
class Form:
    """`values` as sent; `errors` are texts for people, by the field's name ("" is for the form as a whole)."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """What was filled in, trimmed; "" for what was not."""
        return self.values.get(name, "").strip()

    def raw(self, name: str) -> str:
        """As `form[name]`, untrimmed: for passwords."""
        return self.values.get(name, "")

    def code(self, name: str) -> str:
        """The ASCII digits of a code or PIN, however it was typed; of what is none, what was typed."""
        return code_digits(self.raw(name)) or self[name]

    def wrong(self, name: str, text: str) -> None:
        """Says what is wrong with a field; the first that is said stays."""
        self.errors.setdefault(name, text)

    @property
    def good(self) -> bool:
        return not self.errors


async def read_form(request: Asked, longest: Mapping[str, int] = NONE) -> Form:
    """The fields of a submitted form (URL-encoded or multipart) that are text; of several of a name, the last.

    Values are cut at LONGEST_VALUE characters, or what `longest` says of their field. The form has FORM_BYTES at most,
    whatever else its route takes, and its fields are counted before it is parsed: nothing else in `web` parses forms.
    """
    body = await _small_body(request)
    media_type, options = request.content_type
    try:
        fields = form_fields(str(media_type), options.get("boundary"), body)
    except Refused as refused:
        if refused.reason == TOO_MANY:
            raise RequestEntityTooLarge("the form has too many fields") from None
        raise ClientException("the form is malformed") from None
    return form_of(dict(fields), longest)


def form_of(texts: Mapping[str, str], longest: Mapping[str, int] = NONE) -> Form:
    """A form with these values, each cut at its longest."""
    return Form({name: value[: longest.get(name, LONGEST_VALUE)] for name, value in texts.items()})


async def _small_body(request: Asked) -> bytes:
    if (request.content_length or 0) > FORM_BYTES:
        raise RequestEntityTooLarge
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > FORM_BYTES:
            raise RequestEntityTooLarge
        chunks.append(chunk)
    return b"".join(chunks)
