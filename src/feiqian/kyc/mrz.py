"""The machine-readable zone of a passport: ICAO Doc 9303, part 4 (TD3, two lines of 44). Pure; repeats nothing.

No other document's zone is taken: neither cards (TD1, TD2) nor visas.
`P<` issuer name / number check nationality birth check sex expiry check personal-number check composite-check.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from feiqian.kyc import births
from feiqian.kyc.errors import MrzInvalid
from feiqian.strings.normal import without_separators

LINE_LENGTH = 44
_LINE = re.compile("[0-9A-Z<]{44}", re.ASCII)
_STATE = re.compile("[A-Z]{1,3}<{0,2}", re.ASCII)
# What keyboards and readers of pictures put for the filler; each stands for one, or for two of them.
_FILLER = str.maketrans(dict.fromkeys("\u2039\u2329\u3008\u27e8\u276e\u02c2\u1438\u2770", "<"))
_FILLERS = re.compile("[\u00ab\u300a\u226a\u27ea]")
TYPED_LIMIT = 8 * LINE_LENGTH
_FUTURE_YEARS = 20  # a passport is not given for longer


class Mrz(NamedTuple):
    """What the zone says. Names are in Latin letters, the family's before the given ones; either may be missing.

    `birth` is the newest day that it may mean, None if day, month or year are unknown; `births` are all that it may.
    """

    issuer: str
    family_name: str
    given_names: str
    number: str
    nationality: str
    birth: date | None
    sex: str  # "M", "F" or ""
    expires: date
    name_cut: bool = False  # the field was too short for the whole name (part 4, 4.2.3)
    personal_number: str = ""  # often that of a national identity card
    births: tuple[births.Span, ...] = ()

    def __repr__(self) -> str:
        return "Mrz(…)"

    @property
    def name(self) -> str:
        return f"{self.family_name} {self.given_names}".strip()


def lines_of(text: str) -> tuple[str, str]:
    """Both lines as they are printed, of what was typed, pasted or read from a picture, right or not.

    Spaces, line breaks and what is not seen go; the filler may come as other brackets. Of double brackets («, 《) some
    keyboards give one for one filler, some readers of pictures one for two: what makes the lines 44 long is meant.
    """
    zone = without_separators(text[:TYPED_LIMIT]).translate(_FILLER).upper()
    single = _FILLERS.sub("<", zone)
    zone = single if len(single) == 2 * LINE_LENGTH else _FILLERS.sub("<<", zone)
    return zone[:LINE_LENGTH], zone[LINE_LENGTH:]


def parse_mrz(text: str, today: date) -> Mrz:
    """Both lines, however they are typed (`lines_of`). Raises MrzInvalid naming the part that is wrong."""
    upper, lower = lines_of(text)
    if len(text) > TYPED_LIMIT or not (_LINE.fullmatch(upper) and _LINE.fullmatch(lower)):
        raise MrzInvalid("lines")
    if upper[0] != "P":
        raise MrzInvalid("document")
    _check_digits(lower)
    family, _, given = upper[5:].partition("<<")
    if not upper[5:].strip("<") or any(character.isdigit() for character in upper[5:]):
        raise MrzInvalid("name")
    if not lower[:9].strip("<"):
        raise MrzInvalid("number")
    sex = lower[20]
    if sex not in "MFX<":  # X is what some states write for "<"
        raise MrzInvalid("sex")
    born = _births(lower[13:19], today)
    return Mrz(
        issuer=_state(upper[2:5], "issuer"),
        family_name=_words(family),
        given_names=_words(given),
        number=lower[:9].rstrip("<"),
        nationality=_state(lower[10:13], "nationality"),
        birth=born[0].day,
        sex=sex.strip("<X"),
        expires=_expiry(lower[21:27], today.replace(year=today.year + _FUTURE_YEARS, day=1)),
        name_cut=upper[-1] != "<",
        personal_number=lower[28:42].strip("<"),
        births=born,
    )


def _check_digits(lower: str) -> None:
    fields = {"number": (0, 9), "birth": (13, 19), "expiry": (21, 27)}
    for name, (begin, end) in fields.items():
        _check(lower[begin:end], lower[end], name)
    personal, digit = lower[28:42], lower[42]
    if digit != "<" or personal.strip("<"):  # an empty personal number may have a filler for its digit
        _check(personal, digit, "personal_number")
    _check(lower[:10] + lower[13:20] + lower[21:43], lower[43], "composite")


def check_digit(field: str) -> int:
    """Part 3, 4.9: digits as they are, A to Z as 10 to 35, filler as 0, weighted 7 3 1, modulo 10."""
    values = [0 if character == "<" else int(character, 36) for character in field]
    return sum(value * (7, 3, 1)[place % 3] for place, value in enumerate(values)) % 10


def _check(field: str, digit: str, name: str) -> None:
    if not digit.isdigit() or int(digit) != check_digit(field):
        raise MrzInvalid(name)


def _births(digits: str, today: date) -> tuple[births.Span, ...]:
    try:
        return births.possible(digits, today)
    except ValueError:
        raise MrzInvalid("birth") from None


def _expiry(text: str, newest: date) -> date:
    """Of the years that two digits may mean, the newest that is possible."""
    try:
        month, day = int(text[2:4]), int(text[4:6])
        year = newest.year // 100 * 100 + int(text[:2])
        if (year, month, day) > (newest.year, newest.month, newest.day):
            year -= 100
        return date(year, month, day)
    except ValueError:
        raise MrzInvalid("expiry") from None


def _state(text: str, name: str) -> str:
    if not _STATE.fullmatch(text):
        raise MrzInvalid(name)
    return text.rstrip("<")


def _words(text: str) -> str:
    return " ".join(text.replace("<", " ").split())
