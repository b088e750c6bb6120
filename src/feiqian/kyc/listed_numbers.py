"""Numbers of documents in the remarks of a sanctions list: "Passport A-992535 (Saudi Arabia) issued 4 Mar 1999". Pure.

Whatever a remark calls them (passport, national ID, cédula, tax ID …): everything with a number is one, except what is
known to be something else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

SHORTEST = 5  # characters; shorter ones are those of too many people
LONGEST = 64
_OTHER = re.compile(
    r"(?:alt\. )?(?:DOB|POB|Phone|Telephone|Tel\.|Fax|Email|Website|Digital Currency|Secondary sanctions|Linked To|"
    r"Chinese Commercial Code|Additional Sanctions|Executive Order|SWIFT|Gender|nationality|citizen|(?:a|f|n)\.k\.a\.|"
    r"arrested|Aircraft|Vessel|Target Type|Transactions|Individual's Primary|\()",
    re.IGNORECASE,
)
_AFTER = re.compile(r"(?<!\d)\(|\((?!\w\))|[,;]|\s-\s|\b(?:issued|expires|exp\.|to be)\b.*", re.IGNORECASE)
_PREFIX = re.compile("[A-Z]{1,4}", re.ASCII)  # letters of a number that stand apart from its digits
_CHECK = re.compile(r"\(\w\)")  # a check character, which Hong Kong writes in brackets and others leave out
_NOT_NUMBER = re.compile("[^0-9A-Z]")
_ZEROS = re.compile("^([A-Z]*)0+(?=[0-9A-Z])")


class ListedNumber(NamedTuple):
    """`number` as it is compared; `text` as the list has it, with kind and country."""

    number: str
    text: str


def comparable(number: str) -> str:
    """A document's number without case, spaces, dashes and the zeros before it, which lists leave out or add; "" for
    what is too short to tell one person from another."""
    plain = _NOT_NUMBER.sub("", unicodedata.normalize("NFKC", number[:LONGEST]).upper())
    return _ZEROS.sub(r"\1", plain) if len(plain) >= SHORTEST else ""


def numbers_in(remarks: str) -> Iterator[ListedNumber]:
    """Every number of a document; each way to read it, where letters before it may be of its kind or of itself."""
    for remark in remarks.split(";"):
        text = remark.strip().rstrip(".")
        if text and not _OTHER.match(text):
            for number in dict.fromkeys(_read(_AFTER.split(text, maxsplit=1)[0].split())):
                yield ListedNumber(number, text)


def forms(number: str) -> tuple[str, ...]:
    """The number as it may be listed; of an identity card also that of before 1999, without century and check."""
    plain = comparable(number)
    old = (plain[:6] + plain[8:17],) if len(plain) == 18 and plain[:17].isdigit() else ()
    return tuple(form for form in (plain, *old) if form)


def _read(words: list[str]) -> Iterator[str]:
    first = next((at for at, word in enumerate(words) if any(map(str.isdigit, word))), None)
    if first is None:
        return
    digits = [words[first]]
    for word, after in pairwise([*words[first + 1 :], ""]):
        if not any(map(str.isdigit, word)) and not (_PREFIX.fullmatch(word) and any(map(str.isdigit, after))):
            break
        digits.append(word)
    before = words[first - 1] if first else ""
    whole = "".join(digits)
    readings = [whole, _CHECK.sub("", whole), *digits[0].split("/")]
    if _PREFIX.fullmatch(before):
        readings.append(before + readings[0])
    yield from filter(None, map(comparable, readings))
