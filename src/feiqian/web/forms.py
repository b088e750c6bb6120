"""Forms as pages see them: what was filled in, and what is wrong with it, field by field.

templates/parts/forms.html draws them. What is secret (`type="password"`, codes) is never filled in again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import ClientException, HTTPException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.handlers import BaseRouteHandler

from feiqian.strings.headers import is_utf_8, media_type
from feiqian.strings.normal import code_digits
from feiqian.strings.visible import is_visible
from feiqian.workers.bodies import TOO_MANY, form_fields
from feiqian.workers.frames import Refused

NOT_TAKEN = 422  # a form that has to be filled in again
FORM_BYTES = 16_384
LONGEST_VALUE = 2_000
URL_ENCODED, MULTIPART = FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
MARK = "page_for"  # the field that says for whom the page was made; no handler's business
_KEY = "feiqian.form"
NONE: Mapping[str, int] = {}
Asked = Request[Any, Any, State]
LINES = frozenset({"mrz", "note", "text", "why"})  # fields that may have line ends
# What is secret, or no text of a person, or is brought into a form without such characters before it is kept.
NOT_SHOWN = frozenset(
    {"password", "again", "pin", "secret", "answer", "mobile", "number", "mrz", "code", "email", "login", "account"}
)


class NotVisibleText(Exception):
    """A form or address has a character that cannot be seen."""


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

    @property
    def status(self) -> int:
        """Of the page that shows it."""
        return 200 if self.good else NOT_TAKEN


async def read_form(request: Asked, longest: Mapping[str, int] = NONE) -> Form:
    """The fields of a submitted form (URL-encoded or multipart) that are text; of several of a name, the last.

    Values are cut at LONGEST_VALUE characters, or what `longest` says of their field. The form has FORM_BYTES at most,
    whatever else its route takes, and its fields are counted before it is parsed: nothing else in `web` parses forms.
    Raises NotVisibleText.
    """
    fields = await fields_of(request)
    return form_of({name: value for name, value in fields.items() if name != MARK}, longest)


async def fields_of(request: Asked) -> dict[str, str]:
    """The texts of a small form, as sent; read once in a request. Raises HTTPException."""
    kept = request.scope["state"]
    if _KEY not in kept:
        kept[_KEY] = await _read(request)
    fields: dict[str, str] = kept[_KEY]
    return fields


async def _read(request: Asked) -> dict[str, str]:
    body = await _small_body(request)
    try:
        kind, options = media_type(request.headers.get("content-type", ""))
    except ValueError:
        raise ClientException("the form is malformed") from None
    if not is_utf_8(options):
        raise HTTPException("forms are sent in UTF-8", status_code=415)
    try:
        return dict(form_fields(kind, options.get("boundary"), body))
    except Refused as refused:
        if refused.reason == TOO_MANY:
            raise RequestEntityTooLarge("the form has too many fields") from None
        raise ClientException("the form is malformed") from None


def form_of(texts: Mapping[str, str], longest: Mapping[str, int] = NONE) -> Form:
    """A form with these values, each cut at its longest. Raises NotVisibleText."""
    values = {name: value[: longest.get(name, LONGEST_VALUE)] for name, value in texts.items()}
    if any(not is_visible(text, lines=name in LINES) for name, text in values.items() if name not in NOT_SHOWN):
        raise NotVisibleText
    return Form(values)


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


def only_visible(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Litestar's guard of every page: addresses, too, may end up before somebody's eyes. Raises NotVisibleText."""
    query = connection.scope["query_string"].decode("latin-1")
    if not is_visible(connection.scope["path"]) or ("%" in query and not is_visible(unquote_plus(query))):
        raise NotVisibleText
