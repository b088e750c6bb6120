"""The ways to read a password as who guesses it would: as typed, in Latin letters, in digits, on Latin keys."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from feiqian.auth.challenges.layouts import on_latin_keys, walks
from feiqian.strings.latin import latin
from feiqian.strings.normal import comparison

LONGEST_READ = 48  # characters of a reading that is judged: more can only make it stronger
_TEN = re.compile("(?<=[一二三四五六七八九])十(?=[一二三四五六七八九])|十")
_BEFORE, _AFTER = re.compile(r"[一二三四五六七八九]\Z"), re.compile("^[一二三四五六七八九]")
_SEVERAL = 3  # number words in a row, at least
# From zero to ten, as `latin` writes them; where a language has two words for a number, both.
_LANGUAGES = (
    "ling yi er san si wu liu qi ba jiu shi",
    "zero one two three four five six seven eight nine ten",
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez",
    "zero um|uno dois|due tres|tre quatro|quattro cinco|cinque seis|sei sete|sette oito|otto nove dez|dieci",
    "zero un deux trois quatre cinq six sept huit neuf dix",
    "null eins zwei drei vier fuenf|funf sechs sieben acht neun zehn",
    "nol odin dva tri chetyre pyat shest sem vosem devyat desyat",
    "zero|rei ichi ni san shi|yon go roku shichi|nana hachi kyu|kyuu|ku juu|ju",
    "gong il i sam sa o yuk|yug chil pal gu sib|sip",
)


def _numerals(line: str) -> tuple[re.Pattern[str], re.Pattern[str], dict[str, str]]:
    digits = {word: str(at % 10) for at, words in enumerate(line.split()) for word in words.split("|")}
    one = "|".join(sorted(digits, key=len, reverse=True))
    return re.compile(f"(?:{one}){{{_SEVERAL},}}"), re.compile(one), digits


_NUMERALS = tuple(map(_numerals, _LANGUAGES))


def readings(password: str) -> list[str]:
    """In small letters, each once; the first is the password itself, in the comparison form."""
    plain = comparison(password).lower()
    return list(dict.fromkeys([plain, *(text for text in _readings(plain[:LONGEST_READ]) if text)]))


def _readings(plain: str) -> Iterator[str]:
    if not plain.isascii():
        in_latin, in_digits = latin(plain), _in_digits(plain)
        yield in_latin[:LONGEST_READ]
        yield latin(in_digits)[:LONGEST_READ]
        yield on_latin_keys(plain)[:LONGEST_READ]
    yield from (text for text in _counted(latin(plain)[:LONGEST_READ]))
    yield from walks(plain, LONGEST_READ)


def _in_digits(text: str) -> str:
    """Numerals of any script as digits: 一九九〇 is 1990, 十五 is 15, 三十 is 30."""
    tens = _TEN.sub(lambda ten: _ten(text[: ten.start()], text[ten.end() :]), text)
    return "".join(map(_numeral, tens))


def _ten(before: str, after: str) -> str:
    if _BEFORE.search(before):
        return "" if _AFTER.search(after) else "0"
    return "1" if _AFTER.search(after) else "10"


def _numeral(character: str) -> str:
    value = unicodedata.numeric(character, -1)
    return str(int(value)) if value in range(10) else character


def _counted(text: str) -> Iterator[str]:
    """With number words written as digits, where several stand in a row: yiersan is 123."""
    for row, word, digits in _NUMERALS:
        read = row.sub(lambda found, word=word, digits=digits: word.sub(lambda one: digits[one[0]], found[0]), text)  # type: ignore[misc]
        if read != text:
            yield read
