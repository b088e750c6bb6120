"""Codes, PINs and numbers as people type and paste them: with spaces, dashes, invisible characters, wide digits. Pure.

Only what is between or around the characters is dropped; nothing is guessed of what was meant.
"""

from __future__ import annotations

import unicodedata

LONGEST = 64  # characters of a field for a code, a PIN or a number, with all that is between its digits
_BETWEEN = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Pd"})  # Unicode's spaces, line ends, controls, formats and dashes
_MINUS = "\u2212"  # a minus sign is no dash to Unicode


def compact(text: str, longest: int = LONGEST) -> str:
    """Without what is typed between digits or letters; wide forms (U+FF10 and so on) as the usual ones.

    What comes after `longest` characters is not looked at.
    """
    plain = unicodedata.normalize("NFKC", text[:longest])
    return "".join(c for c in plain if c != _MINUS and unicodedata.category(c) not in _BETWEEN)
