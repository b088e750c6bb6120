"""Values of HTTP header fields with parameters: media types, and wishes with weights (RFC 9110, 5.6.6 and 12.4.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from multipart import parse_options_header  # type: ignore[import-untyped]

LONGEST = 1_024  # characters of a value that are looked at
UTF_8 = ("utf-8", "utf8")
_MANY = 20  # wishes
_QUALITY = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


def media_type(value: str) -> tuple[str, dict[str, str]]:
    """The type in small letters, and its parameters by their names in small letters. Raises ValueError if too long."""
    if len(value) > LONGEST:
        raise ValueError("the media type is too long")
    name, parameters = parse_options_header(value)
    return str(name), parameters


def is_utf_8(parameters: dict[str, str]) -> bool:
    """Whether a media type's `charset` is UTF-8, or is not said."""
    return parameters.get("charset", UTF_8[0]).lower() in UTF_8


def wishes(value: str) -> Iterator[tuple[str, float]]:
    """What is asked for, in small letters, with its weight from 0 to 1, as in Accept-Language, but what is malformed.

    At most the first 20 of them, and of LONGEST characters.
    """
    for wish in value[:LONGEST].split(",")[:_MANY]:
        name, parameters = parse_options_header(wish)
        quality = parameters.get("q", "1")
        if name and _QUALITY.fullmatch(quality):
            yield str(name), float(quality)
