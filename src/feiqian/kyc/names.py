"""Names, so that they can be compared: without case, accents, order or script. Chinese in pinyin, others in Latin.

What a name is in another script has more than one right answer, so `compare` has three: the same, different, and that
it cannot be said, which is for people to judge.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum

from anyascii import anyascii
from pypinyin import Style, lazy_pinyin
from rapidfuzz import fuzz

from feiqian.kyc.letters import HAN, is_letter, is_name, is_unreadable
from feiqian.kyc.romanisation import CYRILLIC, LATIN, SURNAMES, U_DIAERESIS
from feiqian.strings.normal import comparison

LENGTH_LIMIT = 200
MOST_WORDS = 8  # above it, only the same words are the same
NEAR = 80.0  # a likeness at which a name may be another's misspelt
_HAN = re.compile(f"[{HAN}]+")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_FILLED = re.compile("([NU])XX")  # Ñ and Ü as some states write them


class Likeness(StrEnum):
    """Whether two names are of one person, as far as their letters tell."""

    SAME = "same"
    UNCLEAR = "unclear"
    DIFFERENT = "different"


def words(name: str, u_diaeresis: str = U_DIAERESIS[0]) -> tuple[str, ...]:
    """The words of a name in lower-case Latin letters, in their order: "欧阳 娜娜" is ou, yang, na, na.

    A letter that no table reads is a word by its code point, so that it is the same as itself and as no other.
    """
    latin = name[:LENGTH_LIMIT]
    if not latin.isascii():
        letters = comparison(latin).strip()
        spelt = _HAN.sub(lambda found: f" {_pinyin(found[0], found.start() == 0, u_diaeresis)} ", letters)
        latin = "".join(map(_in_latin, spelt))
    return tuple(word for word in _NOT_WORD.split(latin.lower()) if word)


def normalised(name: str) -> str:
    """The words in alphabetical order, so that the order of family and given names does not matter."""
    return " ".join(sorted(words(name)))


def joined(name: str) -> str:
    """The words without what separates them: pinyin is written together or apart."""
    return "".join(words(name))


def agree(claimed: str, zone: str) -> bool:
    """Whether a claimed name is that of a machine-readable zone: the same words, in whatever order and spacing."""
    there = words(_FILLED.sub(r"\1", zone) if zone.isupper() else zone)
    return any(_same(here, there) for here in _spellings(claimed))


def compare(claimed: str, zone: str, *, zone_cut: bool = False) -> Likeness:
    """A claimed name and that of a machine-readable zone (Latin letters), which may have been cut to fit.

    What is neither the same nor clearly another: names in other scripts than Latin, which passports spell in several
    ways; one that only has more words than the other; one that is nearly the other.
    """
    if agree(claimed, zone):
        return Likeness.SAME
    here, there = words(claimed), words(zone)
    if not there or not is_name(claimed):
        return Likeness.DIFFERENT
    if zone_cut or not _is_latin(claimed):
        return Likeness.UNCLEAR
    if not here:
        return Likeness.DIFFERENT
    fewer, more = sorted((set(here), set(there)), key=len)
    whole = len(fewer) > 1 or len(there) == 1  # some have one name, and passports may have no more than that
    if (whole and fewer <= more) or fuzz.ratio(normalised(claimed), normalised(zone)) >= NEAR:
        return Likeness.UNCLEAR
    return Likeness.DIFFERENT


def _pinyin(han: str, first: bool, u_diaeresis: str) -> str:
    """Family names have readings of their own; passports write ü with other letters (GB/T 28039-2011: YU)."""
    spelt = lazy_pinyin(han, style=Style.NORMAL)
    if first:
        spelt[0] = SURNAMES.get(han[0], spelt[0])
    return " ".join(syllable.replace("v", u_diaeresis) for syllable in spelt)


def _in_latin(letter: str) -> str:
    latin = anyascii(letter)
    return latin if latin or not is_unreadable(letter) else f" u{ord(letter):x} "


def _spellings(name: str) -> Iterator[tuple[str, ...]]:
    """The words of a name in each way that passports may spell it."""
    yield from (words(name, u_diaeresis) for u_diaeresis in U_DIAERESIS)
    upper = comparison(name[:LENGTH_LIMIT]).upper()
    yield words(upper.translate(LATIN | CYRILLIC))


def _same(here: tuple[str, ...], there: tuple[str, ...]) -> bool:
    if not here or not there:
        return False
    if sorted(here) == sorted(there):
        return True
    return _tiles(here, "".join(there)) or _tiles(there, "".join(here))


def _tiles(parts: tuple[str, ...], whole: str) -> bool:
    """Whether all the parts, in some order and each once, make the whole."""
    if len(parts) > MOST_WORDS or sum(map(len, parts)) != len(whole):
        return False
    if not parts:
        return True
    return any(
        whole.startswith(part) and _tiles(parts[:at] + parts[at + 1 :], whole[len(part) :])
        for at, part in enumerate(parts)
        if part not in parts[:at]
    )


def _is_latin(name: str) -> bool:
    return all(unicodedata.name(letter, "").startswith("LATIN") for letter in comparison(name) if is_letter(letter))
