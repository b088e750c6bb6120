"""The machine-readable zone of a passport: ICAO Doc 9303, part 4 (TD3, two lines of 44). Pure; repeats nothing.

`P<` issuer name / number check nationality birth check sex expiry check personal-number check composite-check.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from feiqian.identity.errors import MrzInvalid
from feiqian.typed import compact

LINE_LENGTH = 44
LONGEST = 200  # characters of both lines as they are typed or pasted
_WEIGHTS = (7, 3, 1)  # part 3, 4.9
_LINE = re.compile("[0-9A-Z<]{44}", re.ASCII)
_STATE = re.compile("[A-Z]{1,3}<{0,2}", re.ASCII)
_FUTURE_YEARS = 20  # a passport is not given for longer


class Mrz(NamedTuple):
    """What the zone says. Names are in Latin letters, the family's before the given ones."""

    issuer: str
    family_name: str
    given_names: str
    number: str
    nationality: str
    birth: date
    sex: str  # "M", "F" or ""
    expires: date
    name_cut: bool = False  # the field was too short for the whole name (part 4, 4.2.3)

    def __repr__(self) -> str:
        return "Mrz(…)"

    @property
    def name(self) -> str:
        return f"{self.family_name} {self.given_names}".strip()


def check_digit(field: str) -> int:
    """The check digit of a field: digits as they are, A to Z as 10 to 35, filler as 0, weighted 7 3 1, modulo 10."""
    return sum(_value(c) * _WEIGHTS[i % 3] for i, c in enumerate(field)) % 10


def _value(character: str) -> int:
    return 0 if character == "<" else int(character, 36)


def compact_zone(text: str) -> str:
    """Both lines in one, as scanners and keyboards give them: without spaces and line ends, fillers as `<`."""
    return compact(text.replace("«", "<<").replace("‹", "<"), LONGEST).upper()


def parse_mrz(text: str, today: date) -> Mrz:
    """Both lines, with or without spaces and line breaks. Raises MrzInvalid naming the part that is wrong."""
    zone = compact_zone(text)
    upper, lower = zone[:LINE_LENGTH], zone[LINE_LENGTH:]
    if not (_LINE.fullmatch(upper) and _LINE.fullmatch(lower)):
        raise MrzInvalid("lines")
    if upper[0] != "P":
        raise MrzInvalid("document")
    _check_digits(lower)
    family, _, given = upper[5:].partition("<<")
    if not family.strip("<") or any(character.isdigit() for character in upper[5:]):
        raise MrzInvalid("name")
    if not lower[:9].strip("<"):
        raise MrzInvalid("number")
    sex = lower[20]
    if sex not in "MF<":
        raise MrzInvalid("sex")
    return Mrz(
        issuer=_state(upper[2:5], "issuer"),
        family_name=_words(family),
        given_names=_words(given),
        number=lower[:9].rstrip("<"),
        nationality=_state(lower[10:13], "nationality"),
        birth=_date(lower[13:19], "birth", today),
        sex=sex.strip("<"),
        expires=_date(lower[21:27], "expiry", today.replace(year=today.year + _FUTURE_YEARS, day=1)),
        name_cut=upper[-1] != "<",
    )


def _check_digits(lower: str) -> None:
    fields = {"number": (0, 9), "birth": (13, 19), "expiry": (21, 27)}
    for name, (begin, end) in fields.items():
        _check(lower[begin:end], lower[end], name)
    personal, digit = lower[28:42], lower[42]
    if digit != "<" or personal.strip("<"):  # an empty personal number may have a filler for its digit
        _check(personal, digit, "personal_number")
    _check(lower[:10] + lower[13:20] + lower[21:43], lower[43], "composite")


def _check(field: str, digit: str, name: str) -> None:
    if not digit.isdigit() or int(digit) != check_digit(field):
        raise MrzInvalid(name)


def _date(text: str, name: str, newest: date) -> date:
    """Of the years that two digits may mean, the newest whose date is possible: nobody was born tomorrow."""
    try:
        month, day = int(text[2:4]), int(text[4:6])
        year = newest.year // 100 * 100 + int(text[:2])
        if (year, month, day) > (newest.year, newest.month, newest.day):
            year -= 100
        return date(year, month, day)
    except ValueError:
        raise MrzInvalid(name) from None


def _state(text: str, name: str) -> str:
    if not _STATE.fullmatch(text):
        raise MrzInvalid(name)
    return text.rstrip("<")


def _words(text: str) -> str:
    return " ".join(text.replace("<", " ").split())
