"""Texts of a given shape, for structs that are decoded from outside: every character counts, the last one, too.

Whatever is taken by a pattern is declared with `matching`. Python's `$` also matches before a newline at the end of a
text, so that "A-1" and "A-1\\n" would both be taken, and be two numbers; `\\Z` does not.
"""

from __future__ import annotations

from typing import Any

import msgspec

LINE = r"[^\x00-\x1f\x7f\u2028\u2029]*"  # nothing that could forge a line of a log or a receipt
_BEGIN, _END = "^", r"\Z"


def matching(pattern: str, **more: Any) -> msgspec.Meta:
    """A text that matches as a whole. `pattern` has no anchors, and alternatives only in a group; `more`: lengths in
    characters, and what else msgspec.Meta takes."""
    return msgspec.Meta(pattern=f"{_BEGIN}{pattern}{_END}", **more)


def told(error: str) -> str:
    """What msgspec says is wrong with a text, with the pattern (which it quotes as repr does) as it is published."""
    return error.replace(f"{_END!r}"[1:], "$'")


def published(schema: Any) -> Any:
    """A JSON Schema, or a document with such, whose patterns clients understand: in ECMA 262 `$` is the very end, and
    `\\Z` is unknown."""
    if isinstance(schema, dict):
        return {name: _of_ecma(value) if name == "pattern" else published(value) for name, value in schema.items()}
    return [published(value) for value in schema] if isinstance(schema, list) else schema


def _of_ecma(pattern: Any) -> Any:
    """A property that is named "pattern" is no pattern."""
    if not isinstance(pattern, str):
        return published(pattern)
    return pattern.removesuffix(_END) + "$" if pattern.endswith(_END) else pattern
