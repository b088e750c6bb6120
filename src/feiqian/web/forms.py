"""Forms as pages see them: what was filled in, and what is wrong with it, field by field.

templates/parts/forms.html draws them. What is secret (`type="password"`, codes) is never filled in again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from litestar import Request
from litestar.datastructures import State

LONGEST_VALUE = 2_000


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
    return Form(texts)
