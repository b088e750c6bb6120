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
from litestar.handlers import BaseRouteHandler

from feiqian.visible import is_visible

LONGEST_VALUE = 2_000
LINES = frozenset({"mrz", "note", "text", "why"})  # fields that may have line ends
NOT_SHOWN = frozenset({"password", "again", "pin", "secret", "answer"})  # what is secret, or no text of a person


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

    def wrong(self, name: str, text: str) -> None:
        """Says what is wrong with a field; the first that is said stays."""
        self.errors.setdefault(name, text)

    @property
    def good(self) -> bool:
        return not self.errors


async def read_form(request: Request[Any, Any, State]) -> Form:
    """The fields of a submitted form (URL-encoded or multipart) that are text; of several of a name, the last."""
    sent = await request.form()
    texts = {name: value[:LONGEST_VALUE] for name, value in sent.multi_items() if isinstance(value, str)}
    if any(not is_visible(text, lines=name in LINES) for name, text in texts.items() if name not in NOT_SHOWN):
        raise NotVisibleText
    return Form(texts)


def only_visible(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Litestar's guard of every page: addresses, too, may end up before somebody's eyes. Raises NotVisibleText."""
    query = connection.scope["query_string"].decode("latin-1")
    if not is_visible(connection.scope["path"]) or ("%" in query and not is_visible(unquote_plus(query))):
        raise NotVisibleText
