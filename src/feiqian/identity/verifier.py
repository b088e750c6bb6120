"""Checks a claim of identity. `Verifier` is the port for whatever a bank is connected to; one is built in.

Three outcomes: verified, refused, and unknown, which is never guessed to be either and goes to staff.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, Protocol

from feiqian.identity.errors import MrzInvalid, NumberInvalid
from feiqian.identity.model import Claim, Verdict
from feiqian.identity.mrz import parse_mrz
from feiqian.identity.names import Likeness, compare, words
from feiqian.identity.numbers import chinese_identity
from feiqian.identity.screening import MOST_MATCHES, Match, Sanctions
from feiqian.policy.model import IdentityRules

# What passports write for these states is not what ISO 3166-1 does (ICAO Doc 9303, part 3, section 5).
_STATES = {"D": "DEU", **dict.fromkeys(("GBD", "GBN", "GBO", "GBP", "GBS"), "GBR")}


class Verifier(Protocol):
    """May compute or ask another party for long: it is called in a thread. What fails to answer is unknown."""

    def verify(self, claim: Claim, images: Sequence[bytes], today: date) -> Verdict:
        """`images` are JPEG files."""
        ...


class BuiltInVerifier:
    """Checks numbers, dates and names against each other and a sanctions list. It does not look at the pictures."""

    def __init__(self, rules: IdentityRules, sanctions: Sanctions) -> None:
        self._rules, self._sanctions = rules, sanctions

    def verify(self, claim: Claim, images: Sequence[bytes], today: date) -> Verdict:
        try:
            document = self._passport(claim, today) if claim.kind == "passport" else self._card(claim, today)
        except (NumberInvalid, MrzInvalid):
            return Verdict("refused", ("number_invalid",))
        wrong = [*document.wrong, *self._person(claim.name, document.birth, today)]
        if wrong:
            return Verdict("refused", tuple(wrong))
        # To the person screened, both sorts of doubt read the same: nobody is told that they are like someone listed.
        matches = self._screened({claim.name, document.name} - {""}, document.birth)
        if matches or document.unclear:
            return Verdict("unknown", document.unclear or ("looked_at_by_staff",), matches)
        return Verdict("verified")

    def _card(self, claim: Claim, today: date) -> _Document:
        number = chinese_identity(claim.number, today)
        differs = claim.birth is not None and claim.birth != number.birth
        return _Document(number.birth, ("birth_differs",) if differs else ())

    def _passport(self, claim: Claim, today: date) -> _Document:
        zone = parse_mrz(claim.mrz, today)
        likeness = compare(claim.name, zone.name, zone_cut=zone.name_cut)
        states = _state(zone.issuer), _state(zone.nationality)
        differences = {
            "name_differs": likeness is Likeness.DIFFERENT,
            "birth_differs": claim.birth is not None and claim.birth != zone.birth,
            "number_differs": bool(claim.number) and claim.number.upper() != zone.number,
            "country_differs": bool(claim.country) and _state(claim.country) not in states,
            "expired": zone.expires < today,
        }
        wrong = tuple(word for word, found in differences.items() if found)
        return _Document(zone.birth, wrong, ("name_unclear",) if likeness is Likeness.UNCLEAR else (), zone.name)

    def _screened(self, names: set[str], birth: date) -> tuple[Match, ...]:
        """Under every name that the person has, each entry once."""
        best: dict[str, Match] = {}
        for name in sorted(names):
            for match in self._sanctions.screen(name, self._rules.screening_score, birth):
                if match.entry not in best or match.score > best[match.entry].score:
                    best[match.entry] = match
        return tuple(sorted(best.values(), key=lambda match: -match.score)[:MOST_MATCHES])

    def _person(self, name: str, birth: date, today: date) -> list[str]:
        reasons = [] if words(name) else ["name_missing"]
        age = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
        return reasons + (["too_young"] if age < self._rules.minimum_age else [])


class _Document(NamedTuple):
    """What a document says, what in the claim contradicts it, and what nobody but people can judge."""

    birth: date
    wrong: tuple[str, ...]
    unclear: tuple[str, ...] = ()
    name: str = ""


def _state(code: str) -> str:
    return _STATES.get(code, code)
