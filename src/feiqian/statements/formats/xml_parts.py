"""Elements of XML as text, escaped. What XML 1.0 cannot hold is left out."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(value: str, most: int) -> str:
    """Of at most so many characters, without blanks at its ends, escaped."""
    return escape(_NO_XML.sub("", value).strip()[:most].rstrip())


def element(name: str, *inner: str, **attributes: str) -> str:
    """An element around what is XML already."""
    said = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{said}>{''.join(inner)}</{name}>"


def leaf(name: str, value: str, most: int, **attributes: str) -> str:
    """An element with a text of at most so many characters; nothing where there is none."""
    said = text(value, most)
    return element(name, said, **attributes) if said else ""
