"""What a worker process does: a template and its values become a PDF. Values are data there, never markup.

Templates are files of this project, and read nothing but each other. Imports Typst, which the server never does.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

os.environ.setdefault("RAYON_NUM_THREADS", "1")  # before Typst is imported: payments have the other processors

import typst

from feiqian.clock import MICROSECONDS
from feiqian.printing import fonts
from feiqian.workers.frames import Refused

# The font has one glyph for it and for the middle dot of names, and who copies a name would get the other one.
BULLET = "•"
_SOURCES = Path(__file__).parents[1]


class Sheet(msgspec.Struct, frozen=True):
    """What to make: a template's text, and the moment that the document names as its own, in Unix microseconds."""

    template: str
    at: int


def typeset(parts: list[bytes]) -> list[bytes]:
    """Job: a `Sheet` in JSON and the values in JSON become the document. Raises Refused (font_missing)."""
    sheet, values = parts
    return [document(msgspec.json.decode(sheet, type=Sheet), values)]


def document(sheet: Sheet, values: bytes) -> bytes:
    """The document, of values in JSON, tagged for screen readers. Raises Refused (font_missing).

    PDF/UA is not declared: Typst refuses that where a letter is in no font, and a name may have one.
    """
    try:
        letters = typst.Fonts(include_system_fonts=False, font_paths=[str(fonts.folder())])  # and what Typst has itself
    except fonts.FontMissing:
        raise Refused(fonts.MISSING) from None
    compiler = typst.Compiler(sheet.template.encode(), _SOURCES, letters, ignore_system_fonts=True)
    made = compiler.compile(
        format="pdf",
        sys_inputs={"values": values.decode().replace(BULLET, "*")},
        timestamp=sheet.at // MICROSECONDS,
    )
    assert isinstance(made, bytes)
    return made
