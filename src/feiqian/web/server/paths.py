"""The one way to write a path: whoever routes by paths in front of us (a proxy's rules) must see what we see.

Anything that another program could read as another path is refused, not mended (RFC 3986, 6.2.2).
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

_OTHER_WAYS = re.compile(rb"[^!-~]|[\\%]|//|/\.{1,2}(?:/|\Z)")  # most paths have nothing of this


def is_text(data: bytes) -> bool:
    """Whether this is UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_query(raw: bytes) -> bool:
    """Whether a query is ASCII, and UTF-8 once it is decoded."""
    return raw.isascii() and (b"%" not in raw or is_text(unquote_to_bytes(raw)))


@lru_cache(256)  # nearly every request is for one of few paths
def canonical(raw: bytes) -> str | None:
    """The path of a request as text; None for one that is not written the one way, or is not UTF-8.

    Percent-encoding is for what is not ASCII; an ASCII character in it is a slash, a dot or a letter that hides.
    """
    if not _OTHER_WAYS.search(raw):
        return raw.decode("ascii") if raw.startswith(b"/") else None
    if not raw.startswith(b"/") or _OTHER_WAYS.search(raw.replace(b"%", b"")):
        return None
    parts = re.split(rb"((?:%[89A-Fa-f][0-9A-Fa-f])+)", raw)
    if any(b"%" in plain for plain in parts[::2]):
        return None
    try:
        return b"".join([plain if i % 2 == 0 else unquote_to_bytes(plain) for i, plain in enumerate(parts)]).decode()
    except UnicodeDecodeError:
        return None
