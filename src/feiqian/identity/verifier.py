"""Checks a claim of identity. `Verifier` is the port for whatever a bank is connected to; one is built in.

Three outcomes: verified, refused, and unknown, which is never guessed to be either and goes to staff.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from feiqian.identity.errors import MrzInvalid, NumberInvalid
from feiqian.identity.model import Claim, Verdict
from feiqian.identity.mrz import Mrz, parse_mrz
from feiqian.identity.names import agree, words
from feiqian.identity.numbers import chinese_identity
from feiqian.identity.screening import Sanctions
from feiqian.policy.model import IdentityRules


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
            reasons = list(self._passport(claim, today) if claim.kind == "passport" else self._card(claim, today))
        except (NumberInvalid, MrzInvalid):
            return Verdict("refused", ("number_invalid",))
        if reasons:
            return Verdict("refused", tuple(reasons))
        matches = tuple(self._sanctions.screen(claim.name, self._rules.screening_score))
        if matches:
            return Verdict("unknown", ("looked_at_by_staff",), matches)
        return Verdict("verified")

    def _card(self, claim: Claim, today: date) -> list[str]:
        number = chinese_identity(claim.number, today)
        reasons = []
        if claim.birth is not None and claim.birth != number.birth:
            reasons.append("birth_differs")
        return reasons + self._person(claim.name, number.birth, today)

    def _passport(self, claim: Claim, today: date) -> list[str]:
        zone = parse_mrz(claim.mrz, today)
        reasons = [word for word, wrong in self._differences(claim, zone, today).items() if wrong]
        return reasons + self._person(claim.name, zone.birth, today)

    @staticmethod
    def _differences(claim: Claim, zone: Mrz, today: date) -> dict[str, bool]:
        return {
            "name_differs": not agree(claim.name, zone.name),
            "birth_differs": claim.birth is not None and claim.birth != zone.birth,
            "number_differs": bool(claim.number) and claim.number.upper() != zone.number,
            "expired": zone.expires < today,
        }

    def _person(self, name: str, birth: date, today: date) -> list[str]:
        reasons = [] if words(name) else ["name_missing"]
        age = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
        return reasons + (["too_young"] if age < self._rules.minimum_age else [])
