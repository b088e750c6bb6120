"""The form in which what people type is judged, hashed and compared: one for every secret, code, number and name.

Names are stored as typed. Nothing here decides what is right; it only makes alike what looks alike: NFKC (Unicode
Standard Annex 15), without what is not seen (default-ignorable code points, Annex 44, variation selectors among them).
"""

from __future__ import annotations

import re
import unicodedata

# Unicode 16, DerivedCoreProperties.txt, Default_Ignorable_Code_Point.
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
_KEYCAP = "\u20e3"  # makes a key of the digit before it
_LIKE_DASHES = "\u2212\u30fc"  # a minus sign, and what kana keyboards type for a dash


def comparison(text: str) -> str:
    """The comparison form. Taking it of itself changes nothing; case and spaces between words stay."""
    if text.isascii():
        return text
    kept = _IGNORABLE.sub("", unicodedata.normalize("NFKC", text))
    return unicodedata.normalize("NFKC", kept)  # what stood apart may belong together now


def without_separators(text: str) -> str:
    """A number or code in the comparison form, its digits in ASCII, without the spaces and dashes between them.

    Digits are those of any script (general category Nd). Letters and all other characters stay: what may be in a number
    is for its own rules to say, and a letter never becomes a digit.
    """
    return "".join(map(_digit, comparison(text)))


def code_digits(text: str) -> str | None:
    """A code or PIN as its ASCII digits; None if anything but digits, spaces and dashes was typed, or nothing."""
    digits = without_separators(text)
    return digits if digits.isascii() and digits.isdigit() else None


def _digit(character: str) -> str:
    if character.isascii() and character.isalnum():
        return character
    if _separates(character):
        return ""
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _separates(character: str) -> bool:
    """Spaces, line ends, dashes, and the caps of keys."""
    kind = unicodedata.category(character)
    return character.isspace() or kind in ("Pd", "Zs") or character in _LIKE_DASHES or character == _KEYCAP
