"""How personal things look in the audit log and on pages of staff who need not know all: most of it left out."""

from __future__ import annotations

import re

from feiqian.strings.normal import comparison

_DIGITS = re.compile(r"\d(?:\W{0,3}[\dXx]){5,}")  # of any script, however they are set apart
SHOWN = 40


def masked_number(number: str) -> str:
    """The first and last letter of an identity number, and how long it is."""
    return number[:1] + "•" * max(0, len(number) - 2) + number[-1:] if len(number) > 2 else "•" * len(number)


def masked_query(text: str) -> str:
    """What somebody searched for, as the audit log keeps it: runs of digits by their last two, no more of the rest."""
    return _DIGITS.sub(lambda found: "•" * (len(found[0]) - 2) + found[0][-2:], comparison(text).strip())[:SHOWN]
