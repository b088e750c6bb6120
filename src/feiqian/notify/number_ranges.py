"""Where a mobile number is: its country and its prefix, by which the sending of codes is counted."""

from __future__ import annotations

from typing import NamedTuple

import phonenumbers

PREFIX_DIGITS = 4  # beyond the country code: as a rule one operator's block of numbers


class NumberRange(NamedTuple):
    """`country`: ISO 3166-1 alpha-2, or the calling code ("+882") where no country has it. Empty for no number."""

    country: str
    prefix: str


NOWHERE = NumberRange("", "")
WORLD = "001"  # what the library calls numbers of no country (satellites, services)


def range_of(address: str) -> NumberRange:
    """The place of a number in E.164; `NOWHERE` for an e-mail address. Countries that share a code are told apart."""
    if not address.startswith("+"):
        return NOWHERE
    try:
        number = phonenumbers.parse(address)
    except phonenumbers.NumberParseException:
        return NumberRange("?", address[:6])
    code = f"+{number.country_code}"
    country = phonenumbers.region_code_for_number(number)
    return NumberRange(
        code if country in (None, WORLD) else country,
        code + phonenumbers.national_significant_number(number)[:PREFIX_DIGITS],
    )
