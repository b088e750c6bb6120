"""Numbers that name people: mobile numbers (ITU-T E.164), and those of cards and permits that China issues.

Citizens (GB 11643-1999) and residents of Hong Kong, Macao and Taiwan (2018) have 18 characters: county of registration,
birth, sequence, check character. Foreigners with permanent residence have 18 as well since 2023 (9, province, country,
birth, sequence, check character), and had 15 before (country, city, birth, sequence, check digit).
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import NamedTuple

import phonenumbers
from babel.core import get_global
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from stdnum import numdb
from stdnum.cn import ric

from feiqian.kyc import births
from feiqian.kyc.errors import NumberInvalid
from feiqian.kyc.mrz import check_digit
from feiqian.strings.normal import without_separators

HOME = "CN"  # whose national numbers need no country code
LENGTH_LIMIT, TYPED_LIMIT = 32, 64  # characters of a number, and of what was typed, with marks that are not seen
OLDEST_YEARS = 130
_AROUND = str.maketrans("", "", "()[]./~·•・")  # which people set between the digits of mobile numbers
_DIGITS = re.compile(r"\+?[0-9]+", re.ASCII)
_CARD = re.compile("[1-9][0-9]{16}[0-9X]", re.ASCII)
_OLD_FOREIGNER = re.compile("[A-Z]{3}[0-9]{12}", re.ASCII)
_OLD_CITIZEN = re.compile("[0-9]{15}", re.ASCII)
_FOREIGNER = "9"  # how the number of a foreigner begins
_PERMITS = {"810000": "HKG", "820000": "MAC", "830000": "TWN"}  # of residents there, in place of a county
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


class IdentityNumber(NamedTuple):
    """The number of a card or permit that China issued, and what it says. `birth` is the newest that it may mean."""

    number: str
    birth: date

    def __repr__(self) -> str:
        return "IdentityNumber(…)"

    @property
    def country(self) -> str:
        """Whose citizen or resident the holder is: ISO 3166-1 alpha-3, "" if the number has a code of no country."""
        if len(self.number) == 15:
            return self.number[:3] if self.number[:3] in _countries() else ""
        if self.number[0] == _FOREIGNER:
            return _countries().get(self.number[3:6], "")
        return _PERMITS.get(self.number[:6], "CHN")

    @property
    def place_known(self) -> bool:
        """Whether there is, or was, such a county, or province and country. It is where the holder was registered,
        which says nothing of where and when they were born."""
        if len(self.number) == 15:
            return bool(self.country) and _is_place(self.number[3:7] + "00")
        if self.number[0] == _FOREIGNER:
            return bool(self.country) and _is_place(self.number[1:3] + "0000")
        return self.number[:6] in _PERMITS or _is_place(self.number[:6])

    def births(self, today: date) -> tuple[births.Span, ...]:
        """All that the date of birth may mean: 15 characters have two of them for the year."""
        return births.possible(self.number[7:13], today) if len(self.number) == 15 else births.on(self.birth)


def mobile(text: str, region: str = HOME) -> str:
    """The number in E.164, as `+8613800138000`. `region`: whose number it is if it has no country code.

    Digits may be those of any script; a letter is none, although keypads have letters: a letter O is refused, and not
    taken for the 6 of its key.

    Raises NumberInvalid: not_a_number, not_in_use (no such number is given out), not_mobile.
    """
    digits = without_separators(text[: TYPED_LIMIT + 1]).translate(_AROUND)
    if len(text) > TYPED_LIMIT or len(digits) > LENGTH_LIMIT or not _DIGITS.fullmatch(digits):
        raise NumberInvalid("not_a_number")
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        raise NumberInvalid("not_a_number") from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise NumberInvalid("not_in_use")
    if phonenumbers.number_type(number) not in _MOBILE:
        raise NumberInvalid("not_mobile")
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def masked(e164: str) -> str:
    """A number as its owner recognises it and nobody else: `+86 ••• 8000`; "" of none."""
    if not e164:
        return ""
    code = phonenumbers.parse(e164).country_code
    return f"+{code} ••• {e164[-4:]}"


def chinese_identity(text: str, today: date) -> IdentityNumber:
    """A number whose form, check character and date of birth are right; of its place see `place_known`.

    Raises NumberInvalid: length, check, birth; old_form (15 digits: not valid any more since 2013).
    """
    number = without_separators(text[: TYPED_LIMIT + 1]).upper()
    if _OLD_CITIZEN.fullmatch(number):
        raise NumberInvalid("old_form")
    if _OLD_FOREIGNER.fullmatch(number):
        return _old_foreigner(number, today)
    if len(text) > TYPED_LIMIT or len(number) != 18 or not number.isascii():
        raise NumberInvalid("length")
    if not _CARD.fullmatch(number) or ric.calc_check_digit(number) != number[-1]:
        raise NumberInvalid("check")
    try:
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise NumberInvalid("check") from None
    if not date(today.year - OLDEST_YEARS, 1, 1) < birth <= today:
        raise NumberInvalid("birth")
    return IdentityNumber(number, birth)


def _old_foreigner(number: str, today: date) -> IdentityNumber:
    """The check digit is that of machine-readable documents; the digit before it is even for women."""
    if check_digit(number[:14]) != int(number[14]):
        raise NumberInvalid("check")
    try:
        found = births.possible(number[7:13], today)
    except ValueError:
        raise NumberInvalid("check") from None
    day = found[0].day
    if day is None:
        raise NumberInvalid("check")
    return IdentityNumber(number, day)


def _is_place(code: str) -> bool:
    """Whether a code of GB/T 2260 is one of today, or ever was."""
    return any("county" in properties for _, properties in numdb.get("cn/loc").info(code))


@cache
def _countries() -> dict[str, str]:
    """ISO 3166-1 alpha-3 by itself and by the code of three digits."""
    territories = get_global("territory_aliases")
    letters = {known[0]: code for code, known in territories.items() if len(code) == 3 and code.isalpha()}
    digits = {code: letters.get(known[0], "") for code, known in territories.items() if len(code) == 3}
    return {code: known for code, known in digits.items() if known and code.isdigit()} | {
        code: code for code in territories if len(code) == 3 and code.isalpha()
    }
