"""Which characters a text may have that one person types or a client sends, and another person is shown.

Refused are those that are not seen and change how the rest is seen or kept: control characters, the controls of writing
direction (U+202A to U+202E, U+2066 to U+2069; Unicode Standard Annex 9), line and paragraph separators, halves of
surrogate pairs, and noncharacters. Joiners (U+200C, U+200D) and direction marks stay: scripts need them.
"""

from __future__ import annotations

import re

_NONCHARACTERS = "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
_ALWAYS = "\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef" + _NONCHARACTERS
_IN_A_LINE = re.compile(f"[\0-\x1f{_ALWAYS}]")
_IN_LINES = re.compile(f"[\0-\x08\x0b\x0c\x0e-\x1f{_ALWAYS}]")


def is_visible(text: str, *, lines: bool = False) -> bool:
    """Whether a text may be taken; `lines`: it may have tabs and line ends."""
    return (_IN_LINES if lines else _IN_A_LINE).search(text) is None


def shown(text: str) -> str:
    """A text of whatever origin, for people: what would be refused stands there by its number, such as ⟨U+202E⟩.

    Tabs and line ends stay.
    """
    if str.replace(text, "\n", "").isprintable():  # eight times as fast, and true of no character that is refused
        return text
    return _IN_LINES.sub(lambda found: f"⟨{_number(found[0])}⟩", text)


def _number(character: str) -> str:
    return f"U+{ord(character):04X}"
