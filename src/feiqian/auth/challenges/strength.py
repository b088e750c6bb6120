"""Whether a new password or PIN is hard enough to guess, for people who know its owner, too.

Passwords by zxcvbn (Wheeler 2016) with the owner's words and other languages' common ones fed in, in every reading
(`readings`): the weakest counts. The texts that explain are under "weak.".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from zxcvbn import zxcvbn  # type: ignore[import-untyped]

from feiqian.auth.challenges.common_words import common
from feiqian.auth.challenges.errors import TooWeak
from feiqian.auth.challenges.hashing import LONGEST
from feiqian.auth.challenges.personal import own_numbers, own_words, without, without_parts
from feiqian.auth.challenges.readings import readings
from feiqian.policy.model import PasswordRules
from feiqian.strings.normal import code_digits, comparison

LONGEST_ESTIMATED = 72  # characters; zxcvbn takes ever longer, and what comes after can only make it stronger
MOST_ESTIMATED = 4  # readings
_LEAST_OF_OTHER = 4  # characters of a password beside what is easy to guess
PIN_DIGITS = 6
_PIN = re.compile(rf"[0-9]{{{PIN_DIGITS}}}", re.ASCII)
# Two or three syllables of pinyin are a name or a word; with a few digits they are among the first that are tried.
_FEW_SYLLABLES = re.compile(
    "(?:(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])?(?:i?ang|i?ong|uang|eng|ing|i?ao|i?an|uai|uan|[ae]i|ou|en|[iu]n|i[aeu]|u[aoie]"
    "|er|[aeiouv])){1,3}[0-9]{0,4}"
)
_PAIRS = re.compile(r"(\d)\1(\d)\2(\d)\3")
_PATTERNS = {
    "spatial": "weak.keyboard",
    "repeat": "weak.repeat",
    "sequence": "weak.sequence",
    "regex": "weak.date",
    "date": "weak.date",
}
_DICTIONARIES = {"user_inputs": "weak.personal", "passwords": "weak.common"}
# PINs that many choose and that no rule below finds.
_COMMON = re.compile(
    "112358|121314|142536|147258|147852|159357|159753|258369|314159|369258|456852|520131|521314|"
    "654123|741852|789456|852456|963852|987456"
)


def check_password(rules: PasswordRules, password: str, own: Sequence[str]) -> None:
    """Judges the comparison form, which is what is hashed. Raises TooWeak."""
    if len(password) > LONGEST:
        raise TooWeak("weak.too_long")
    if min(len(password), len(comparison(password).strip())) < rules.min_length:
        raise TooWeak("weak.too_short", ("weak.use_phrase",))
    words, numbers, read = own_words(own), own_numbers(own), readings(password)
    rests = [without_parts(without(reading, words), numbers) for reading in read]
    if min(map(len, rests)) < _LEAST_OF_OTHER:
        raise TooWeak("weak.personal", ("weak.avoid_personal", "weak.use_phrase"))
    for reading in read[:MOST_ESTIMATED]:
        found = zxcvbn(reading[:LONGEST_ESTIMATED], user_inputs=[*words, *common()])
        if found["score"] < rules.min_score:
            raise TooWeak(_why(found["sequence"], words), ("weak.add_words", "weak.use_phrase"))
    if any(map(_is_common, rests)):
        raise TooWeak("weak.common", ("weak.add_words", "weak.use_phrase"))


def _is_common(rest: str) -> bool:
    """Whether there is little beside what many people choose."""
    other = without(rest, common())
    few = _FEW_SYLLABLES.fullmatch
    return len(other) < _LEAST_OF_OTHER or bool(few(other) or few(rest))


def check_pin(typed: str, own: Sequence[str]) -> str:
    """The six digits, which are not trivial, and not of the owner's dates and numbers. Raises TooWeak."""
    pin = code_digits(typed) or ""
    if not _PIN.fullmatch(pin):
        raise TooWeak("weak.not_six_digits")
    if (
        pin in (pin[:1] * 6, pin[:2] * 3, pin[:3] * 2)
        or pin[:3] == pin[:2:-1]
        or len(set(pin)) == 2
        or _PAIRS.fullmatch(pin)
    ):
        raise TooWeak("weak.pin_repeat", ("weak.choose_at_random",))
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if len(steps) == 1:
        raise TooWeak("weak.pin_sequence", ("weak.choose_at_random",))
    if _COMMON.fullmatch(pin):
        raise TooWeak("weak.pin_common", ("weak.choose_at_random",))
    if any(pin in number or pin in number[::-1] for number in own_numbers(own)):
        raise TooWeak("weak.pin_personal", ("weak.choose_at_random",))
    return pin


def _why(sequence: Sequence[dict[str, Any]], own: Sequence[str]) -> str:
    """Of the longest part that zxcvbn has recognised; `own`: which of the words that were fed in are the owner's."""
    known = [part for part in sequence if part["pattern"] != "bruteforce"]
    if not known:
        return "weak.guessable"
    longest = max(known, key=lambda part: len(part["token"]))
    if longest["pattern"] == "dictionary":
        if longest["dictionary_name"] == "user_inputs" and longest["matched_word"] not in own:
            return "weak.common"
        return _DICTIONARIES.get(longest["dictionary_name"], "weak.word")
    return _PATTERNS.get(longest["pattern"], "weak.guessable")
