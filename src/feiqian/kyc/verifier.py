"""Checks a claim of identity. `Verifier` is the port for whatever a bank is connected to; one is built in.

Three outcomes: verified, refused, and unknown, which is never guessed to be either and goes to staff.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from feiqian.kyc.errors import MrzInvalid, NumberInvalid
from feiqian.kyc.model import Claim, Verdict
from feiqian.kyc.rules import Examined, examine
from feiqian.kyc.screening import Match, Sanctions, most_alike
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
            examined = examine(claim, self._rules, today)
        except (NumberInvalid, MrzInvalid):
            return Verdict("refused", ("number_invalid",))
        if examined.wrong:
            return Verdict("refused", examined.wrong)
        # To the person screened, both sorts of doubt read the same: nobody is told that they are like someone listed.
        matches = self._screened(examined)
        if matches or examined.unclear:
            return Verdict("unknown", examined.unclear or ("looked_at_by_staff",), matches)
        return Verdict("verified")

    def _screened(self, examined: Examined) -> tuple[Match, ...]:
        """Under every number of the document and every name that the person has, each entry once."""
        found = self._sanctions.find(examined.numbers)
        for name in sorted(examined.names):
            found += self._sanctions.screen(name, self._rules.screening_score, examined.birth)
        return tuple(most_alike(found))
