"""Texts in the cells of a spreadsheet: none begins as a formula does, whoever wrote it."""

from __future__ import annotations

import re

# The signs, in full width too, after what programs leave out before they look; and what parts cells or lines.
_FORMULA = re.compile("[\\s\u00ad\u200b-\u200f\u2060\ufeff]*[=+\\-@＝＋－＠]|[\t\r\n]")


def cell(text: str) -> str:
    """The text, after an apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text
