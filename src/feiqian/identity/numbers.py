"""Numbers that name people: mobile numbers (ITU-T E.164) and Chinese identity numbers (GB 11643-1999)."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from feiqian.identity.errors import NumberInvalid
from feiqian.typed import compact

HOME = "CN"  # whose national numbers need no country code
LENGTH_LIMIT = 32
OLDEST_YEARS = 130
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


class IdentityNumber(NamedTuple):
    """A Chinese identity number and what it says."""

    number: str
    birth: date
    female: bool

    def __repr__(self) -> str:
        return "IdentityNumber(…)"


def mobile(text: str, region: str = HOME) -> str:
    """The number in E.164, as `+8613800138000`. `region`: whose number it is if it has no country code.

    Raises NumberInvalid: not_a_number, not_in_use (no such number is given out), not_mobile.
    """
    if len(text) > LENGTH_LIMIT:
        raise NumberInvalid("not_a_number")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise NumberInvalid("not_a_number") from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise NumberInvalid("not_in_use")
    if phonenumbers.number_type(number) not in _MOBILE:
        raise NumberInvalid("not_mobile")
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def country_of(e164: str) -> str:
    """The country (ISO 3166-1 alpha-2) whose number this is, or "" for none in particular."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(e164)) or ""


def masked(e164: str) -> str:
    """A number as its owner recognises it and nobody else: `+86 ••• 8000`."""
    code = phonenumbers.parse(e164).country_code
    return f"+{code} ••• {e164[-4:]}"


def chinese_identity(text: str, today: date) -> IdentityNumber:
    """An 18-digit number, its check character verified; spaces and dashes do not count.

    Raises NumberInvalid: length, check, birth.
    """
    number = compact(text).upper()
    if len(number) != 18 or not number.isascii():
        raise NumberInvalid("length")
    try:
        ric.validate(number)
        birth = ric.get_birth_date(number)
    except (ValidationError, ValueError):
        raise NumberInvalid("check") from None
    if not date(today.year - OLDEST_YEARS, 1, 1) < birth <= today:
        raise NumberInvalid("birth")
    return IdentityNumber(number, birth, int(number[16]) % 2 == 0)
