"""Numbers of deposit accounts: 19 digits, which are the bank's prefix, digits by chance, and a check digit.

The check digit is Luhn's (ISO/IEC 7812-1, annex B). The digits in between are not in order of opening, so that one
number tells nothing of another.
"""

from __future__ import annotations

import re
import secrets

from stdnum import luhn

from feiqian.strings.normal import comparison, without_separators

LENGTH = 19
_NUMBER = re.compile(r"[0-9]{19}\Z", re.ASCII)


def new_number(prefix: str) -> str:
    """A number that probably nobody has: the caller sees that it is unique."""
    missing = LENGTH - 1 - len(prefix)
    body = prefix + f"{secrets.randbelow(10**missing):0{missing}d}"
    return f"{body}{luhn.calc_check_digit(body)}"


def read_number(typed: str, prefix: str) -> str | None:
    """The number that was typed, without spaces and hyphens; None if it cannot be one of this bank's."""
    number = without_separators(comparison(typed))
    good = _NUMBER.match(number) is not None and number.startswith(prefix) and luhn.is_valid(number)
    return number if good else None


def masked(last_four: str) -> str:
    """How a number is shown wherever the whole one is not needed."""
    return f"•••• {last_four}"
