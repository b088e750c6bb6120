"""Whether a name that a sender gives is the payee's: match, close match, no match, or it cannot be said. Pure.

Chinese characters are compared as they are; what only sounds the same, or is in another script, is close. Latin names
are compared without case, accents, order and spacing, and a slip of the keyboard in one word is close. See the European
Payments Council's rulebook for verification of payee (EPC218-23), which leaves the measure to the bank.
"""

from __future__ import annotations

from rapidfuzz.distance import Levenshtein

from feiqian.kyc.letters import is_letter, needs_people
from feiqian.kyc.names import agree, words
from feiqian.payees.model import NameCheck
from feiqian.strings.normal import comparison

LONGEST_NAME = 100
_SHORT, _LONG = 4, 8  # letters of a word in which one slip, and in which two, may be
_FEW_IDEOGRAPHS = 3  # below it, another character is another name


def compare_names(typed: str, known: str) -> NameCheck:
    """`known` is the payee's name; "" for nobody, which matches nothing."""
    here, there = _letters(typed), _letters(known)
    if not here or not there:
        return NameCheck.NO_MATCH
    if here == there:
        return NameCheck.MATCH
    if needs_people(known):
        return NameCheck.NOT_POSSIBLE
    if _is_latin(here) and _is_latin(there):
        return _compare_latin(typed, known)
    if agree(typed, " ".join(words(known))):
        return NameCheck.CLOSE  # the same when it is spoken
    few = min(len(here), len(there)) < _FEW_IDEOGRAPHS or _is_latin(here) or _is_latin(there)
    return NameCheck.NO_MATCH if few or Levenshtein.distance(here, there) > 1 else NameCheck.CLOSE


def _compare_latin(typed: str, known: str) -> NameCheck:
    if agree(typed, " ".join(words(known))):
        return NameCheck.MATCH
    here, there = list(words(typed)), list(words(known))
    same = [word for word in here if word in there]
    if not same:
        return NameCheck.NO_MATCH
    for word in same:
        here.remove(word)
        if word in there:
            there.remove(word)
    if not here or not there:  # a middle name that one of them leaves out
        return NameCheck.CLOSE if len(same) > 1 else NameCheck.NO_MATCH
    return NameCheck.CLOSE if len(here) == len(there) == 1 and _slip(here[0], there[0]) else NameCheck.NO_MATCH


def _slip(typed: str, known: str) -> bool:
    """Whether one word may be the other, mistyped or as an initial."""
    if len(typed) == 1 or len(known) == 1:
        return typed[0] == known[0]
    shorter = min(len(typed), len(known))
    allowed = 2 if shorter >= _LONG else 1 if shorter >= _SHORT else 0
    return Levenshtein.distance(typed, known) <= allowed


def _letters(name: str) -> str:
    """The letters alone, without case and spacing."""
    return "".join(filter(is_letter, comparison(name[:LONGEST_NAME]).casefold()))


def _is_latin(letters: str) -> bool:
    return all(letter < "\u0250" or "\u1e00" <= letter < "\u1f00" for letter in letters)
