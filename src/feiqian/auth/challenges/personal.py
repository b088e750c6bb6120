"""What somebody who knows the owner would try: names in every order and spelling, numbers and their parts, dates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from feiqian.strings.latin import latin, latin_words

_MOST_WORDS, _LONGEST_WORD = 60, 60
_SHORTEST_END = 6  # digits of a number
SHORTEST_PART = 4  # digits within a number, as they may be within a password
_DIGITS, _WORDS = re.compile(r"[0-9]+", re.ASCII), re.compile(r"\w+")
_RUN = re.compile(r"[0-9]{4,}", re.ASCII)


def own_words(own: Sequence[str]) -> list[str]:
    """Of all that is the owner's, in small letters, the longest first."""
    found = {word for text in own[:_MOST_WORDS] for word in _words(text[:_LONGEST_WORD].lower()) if len(word) > 1}
    return sorted(found, key=lambda word: (-len(word), word))


def own_numbers(own: Sequence[str]) -> list[str]:
    """All numbers, each as it is, and the dates in them in every way to write them in six digits."""
    return [number for text in own[:_MOST_WORDS] for number in _numbers(text[:_LONGEST_WORD])]


def without(text: str, words: Sequence[str]) -> str:
    """What there is beside the words, which are taken out in their order."""
    for word in words:
        text = text.replace(word, "")
    return text


def without_parts(text: str, numbers: Sequence[str]) -> str:
    """What there is beside four digits or more in a row that are in one of the numbers, forwards or backwards."""
    there = "\n".join([*numbers, *(number[::-1] for number in numbers)])
    return _RUN.sub(lambda run: _beside(run[0], there), text)


def _beside(digits: str, there: str) -> str:
    kept, at = [], 0
    while at < len(digits):
        end = at
        while end < len(digits) and digits[at : end + 1] in there:
            end += 1
        if end - at >= SHORTEST_PART:
            at = end
        else:
            kept.append(digits[at])
            at += 1
    return "".join(kept)


def _words(lower: str) -> Iterator[str]:
    """A text as it is, its parts, what they are in Latin letters, and its digits with and without their beginning."""
    parts = _WORDS.findall(lower)
    digits = "".join(_DIGITS.findall(lower))
    ends = [digits[start:] for start in range(max(0, len(digits) - _SHORTEST_END + 1))]
    yield from (lower, *parts, "".join(parts), *ends, *_numbers(lower), *_dates(digits))
    yield from _names(lower)


def _names(lower: str) -> Iterator[str]:
    """The words of a name in Latin letters: each, all in a few orders, and their initials."""
    words = latin_words(lower)
    yield from (*words, *(latin(part) for part in _WORDS.findall(lower)))
    for order in (words, words[1:] + words[:1], words[-1:] + words[:-1], words[::-1]):
        yield "".join(order)
        yield "".join(word[0] for word in order)


def _numbers(text: str) -> Iterator[str]:
    """The digits of a text; of what may be a date (yyyymmdd, also within a number) every way to write it in six."""
    digits = "".join(_DIGITS.findall(text))
    yield digits
    for year, month, day in _dates_in(digits):
        short = year[2:]
        yield from (day + month + year, month + day + year, year + day + month)
        yield from (day + month + short, month + day + short, short + day + month, short + month + day)


def _dates(digits: str) -> Iterator[str]:
    """The shorter ways to write dates: without the day or the year, or without noughts."""
    for year, month, day in _dates_in(digits):
        m, d = month.lstrip("0"), day.lstrip("0")
        yield from (year, month + day, day + month, year + month, month + year)
        for y in (year, year[2:]):
            yield from (y + m + d, y + d + m, d + m + y, m + d + y, y + m + day, y + month + d)


def _dates_in(digits: str) -> Iterator[tuple[str, str, str]]:
    for start in range(max(0, len(digits) - 7)):
        year, month, day = digits[start : start + 4], digits[start + 4 : start + 6], digits[start + 6 : start + 8]
        if "1900" <= year <= "2099" and "01" <= month <= "12" and "01" <= day <= "31":
            yield year, month, day
