"""Which characters a person's name may have: more than this Python knows of, because Unicode grows every year. Pure.

Rare ideographs are told by the planes that Unicode keeps for them (2 and 3), whatever has been assigned there. Forms of
private use and unassigned characters, which banks and registries keep until Unicode has them, are taken too, but nobody
can compare them except people.
"""

from __future__ import annotations

import re
import unicodedata

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fffd\U00030000-\U0003fffd"
_HAN = re.compile(f"[{HAN}]")
_JOINERS = "\u180e\u200c\u200d"  # within words of Mongolian, Persian, Hindi, Sinhala
DIRECTIONS = "\u061c\u200e\u200f"  # marks that come with names in Arabic and Hebrew letters
_MISPLACED = re.compile(f"(?:^|\\s)[{_JOINERS}]|[{_JOINERS}](?:\\Z|\\s|[{_JOINERS}])")
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, formats, halves of pairs, separators of lines
_PRIVATE, _UNASSIGNED = "Co", "Cn"


def is_letter(character: str) -> bool:
    """Whether a character may be a letter of a name, also where this Python has not heard of it."""
    return character.isalpha() or bool(_HAN.match(character)) or _unknown(character)


def is_name(name: str) -> bool:
    """Whether the characters may stand in a person's name, and at least one is a letter."""
    if _MISPLACED.search(name):
        return False
    return all(map(_is_allowed, name)) and any(map(is_letter, name))


def needs_people(name: str) -> bool:
    """Whether it has characters that mean what this bank, or a later Unicode, says that they mean."""
    return any(map(_unknown, name))


def is_unreadable(letter: str) -> bool:
    """Whether it is a letter that stands for itself where no table has a reading: rare ideographs, unknown ones."""
    return bool(_HAN.match(letter)) or _unknown(letter)


def _is_allowed(character: str) -> bool:
    if character in _JOINERS or character in DIRECTIONS:
        return True
    return (
        unicodedata.category(character) not in _REFUSED
        and ord(character) & 0xFFFE != 0xFFFE
        and not (0xFDD0 <= ord(character) <= 0xFDEF)
    )


def _unknown(character: str) -> bool:
    category = unicodedata.category(character)
    return category == _PRIVATE or (category == _UNASSIGNED and not _HAN.match(character))
