"""Whether a new password or PIN is hard enough to guess, for people who know its owner, too.

Passwords by zxcvbn (Wheeler 2016) with the owner's words fed in. The texts that explain are under "weak.".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from zxcvbn import zxcvbn  # type: ignore[import-untyped]

from feiqian.policy.model import PasswordRules
from feiqian.verification.errors import TooWeak
from feiqian.verification.hashing import LONGEST

LONGEST_ESTIMATED = 72  # characters; zxcvbn takes ever longer, and what comes after can only make it stronger
_MOST_WORDS, _LONGEST_WORD = 60, 60
_SHORTEST_END, _LEAST_OF_OTHER = 6, 4  # digits of a number; characters of a password
PIN_DIGITS = 6
_DIGITS, _PIN = re.compile(r"[0-9]+", re.ASCII), re.compile(rf"[0-9]{{{PIN_DIGITS}}}", re.ASCII)
_PAIRS = re.compile(r"(\d)\1(\d)\2(\d)\3")
_WORDS = re.compile(r"\w+")
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
    """Raises TooWeak."""
    if len(password) < rules.min_length:
        raise TooWeak("weak.too_short", ("weak.use_phrase",))
    if len(password) > LONGEST:
        raise TooWeak("weak.too_long")
    words = sorted(set(_own_words(own)), key=len, reverse=True)
    if _without(password.lower(), words) < _LEAST_OF_OTHER:
        raise TooWeak("weak.personal", ("weak.avoid_personal", "weak.use_phrase"))
    found = zxcvbn(password[:LONGEST_ESTIMATED], user_inputs=words)
    if found["score"] < rules.min_score:
        raise TooWeak(_why(found["sequence"]), ("weak.add_words", "weak.use_phrase"))


def check_pin(pin: str, own: Sequence[str]) -> None:
    """Six digits, not trivial, not of the owner's dates and numbers. Raises TooWeak."""
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
    if any(pin in number or pin in number[::-1] for number in _own_numbers(own)):
        raise TooWeak("weak.pin_personal", ("weak.choose_at_random",))


def _without(password: str, words: Sequence[str]) -> int:
    """How many characters there are beside the owner's words."""
    for word in words:
        password = password.replace(word, "")
    return len(password)


def _own_words(own: Sequence[str]) -> Iterator[str]:
    """Each as it is, its parts, and its digits (with and without what stands before them), in lower case."""
    for text in own[:_MOST_WORDS]:
        lower = text[:_LONGEST_WORD].lower()
        parts = _WORDS.findall(lower)
        digits = "".join(_DIGITS.findall(lower))
        ends = [digits[start:] for start in range(max(0, len(digits) - _SHORTEST_END + 1))]
        yield from (word for word in (lower, *parts, "".join(parts), *ends, *_numbers(lower)) if len(word) > 1)


def _own_numbers(own: Sequence[str]) -> Iterator[str]:
    for text in own[:_MOST_WORDS]:
        yield from _numbers(text[:_LONGEST_WORD])


def _numbers(text: str) -> Iterator[str]:
    """The digits of a text; of what may be a date (yyyymmdd, also within a number) every way to write it in six."""
    digits = "".join(_DIGITS.findall(text))
    yield digits
    for start in range(max(0, len(digits) - 7)):
        year, month, day = digits[start : start + 4], digits[start + 4 : start + 6], digits[start + 6 : start + 8]
        if "1900" <= year <= "2099" and "01" <= month <= "12" and "01" <= day <= "31":
            short = year[2:]
            yield from (day + month + year, month + day + year, year + day + month)
            yield from (day + month + short, month + day + short, short + day + month, short + month + day)


def _why(sequence: Sequence[dict[str, Any]]) -> str:
    """Of the longest part that zxcvbn has recognised."""
    known = [part for part in sequence if part["pattern"] != "bruteforce"]
    if not known:
        return "weak.guessable"
    longest = max(known, key=lambda part: len(part["token"]))
    if longest["pattern"] == "dictionary":
        return _DICTIONARIES.get(longest["dictionary_name"], "weak.word")
    return _PATTERNS.get(longest["pattern"], "weak.guessable")
