"""What the policy asks of a document and of whoever shows it, as far as the typed text tells. Pure; asks nobody.

The same rules hold where a document is typed and where it is verified. They know of no list and no other customer.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from feiqian.kyc import births
from feiqian.kyc.births import Span
from feiqian.kyc.letters import is_name, needs_people
from feiqian.kyc.model import Claim
from feiqian.kyc.mrz import Mrz, parse_mrz
from feiqian.kyc.names import Likeness, compare, words
from feiqian.kyc.numbers import chinese_identity
from feiqian.policy.model import IdentityRules

# What passports write for these states is not what ISO 3166-1 does (ICAO Doc 9303, part 3, section 5).
_STATES = {"D": "DEU", **dict.fromkeys(("GBD", "GBN", "GBO", "GBP", "GBS"), "GBR")}
_ORDER = ("name_differs", "birth_differs", "number_differs", "country_differs", "expired", "name_missing", "too_young")
FINAL = frozenset({"too_young", "document_of_another"})  # another try with the same document cannot help


class Examined(NamedTuple):
    """What a document says, what in the claim contradicts it or the policy, and what nobody but people can judge.

    `birth` is the one day that is certain, `numbers` are all that name the holder, `names` all that they go by.
    """

    birth: date | None
    wrong: tuple[str, ...]
    unclear: tuple[str, ...]
    names: frozenset[str]
    numbers: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Examined(wrong={self.wrong!r}, unclear={self.unclear!r})"


def examine(claim: Claim, rules: IdentityRules, today: date) -> Examined:
    """Raises NumberInvalid, MrzInvalid."""
    document = _passport(claim, today) if claim.kind == "passport" else _card(claim, today)
    wrong, unclear = list(document.wrong), list(document.unclear)
    if not is_name(claim.name):
        wrong.append("name_missing")
    elif needs_people(claim.name) or not words(claim.name):
        unclear.append("name_unclear")
    if claim.birth is not None and not any(span.has(claim.birth) for span in document.births):
        wrong.append("birth_differs")
    said = document.births if claim.birth is None else births.on(claim.birth)
    if births.old_enough(said, rules.minimum_age, today) is False:
        wrong.append("too_young")
    elif not births.old_enough(document.births, rules.minimum_age, today):
        unclear.append("birth_unclear")
    names = frozenset({claim.name, document.name} - {""})
    birth = births.certain(document.births) or claim.birth
    return Examined(
        birth, tuple(sorted(wrong, key=_ORDER.index)), tuple(dict.fromkeys(unclear)), names, document.numbers
    )


class _Document(NamedTuple):
    births: tuple[Span, ...]
    numbers: tuple[str, ...]
    wrong: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    name: str = ""


def _card(claim: Claim, today: date) -> _Document:
    number = chinese_identity(claim.number, today)
    unclear = () if number.place_known else ("place_unknown",)
    return _Document(number.births(today), (number.number,), unclear=unclear)


def _passport(claim: Claim, today: date) -> _Document:
    zone = parse_mrz(claim.mrz, today)
    likeness = compare(claim.name, zone.name, zone_cut=zone.name_cut)
    unclear = ("name_unclear",) if likeness is Likeness.UNCLEAR else ()
    numbers = tuple(number for number in (zone.number, zone.personal_number) if number)
    return _Document(zone.births, numbers, _contradictions(claim, zone, likeness, today), unclear, zone.name)


def _contradictions(claim: Claim, zone: Mrz, likeness: Likeness, today: date) -> tuple[str, ...]:
    states = _state(zone.issuer), _state(zone.nationality)
    found = {
        "name_differs": is_name(claim.name) and likeness is Likeness.DIFFERENT,
        "number_differs": bool(claim.number) and claim.number.upper() != zone.number,
        "country_differs": bool(claim.country) and _state(claim.country) not in states,
        "expired": zone.expires < today,
    }
    return tuple(word for word, is_so in found.items() if is_so)


def _state(code: str) -> str:
    return _STATES.get(code, code)
