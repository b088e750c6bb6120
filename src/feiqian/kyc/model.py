"""Who somebody says they are, and what came of checking it. Values; what is personal is left out of every repr."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from feiqian.ids import CustomerNumber
from feiqian.kyc.screening import Match
from feiqian.subjects import Subject

Kind = Literal["cn_id", "passport"]
Outcome = Literal["verified", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a customer says. `number` of a Chinese identity card; `mrz` (two lines) of a passport.

    `country` is ISO 3166-1 alpha-3; without one, of a passport it is what its zone says.
    """

    kind: Kind
    name: str = field(repr=False)
    number: str = field(default="", repr=False)
    birth: date | None = field(default=None, repr=False)
    country: str = ""
    mrz: str = field(default="", repr=False)


class Verdict(NamedTuple):
    """`reasons` are words (texts "identity.reason.<word>"); none for what is verified."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    matches: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class Clearance:
    """That one of two has cleared a match; another one has to. `at` in Unix microseconds."""

    by: Subject
    at: int
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Review:
    """One check of a customer's identity. `decided_by` is None if the verifier decided. Times: Unix microseconds."""

    id: str
    customer: CustomerNumber
    outcome: Outcome
    reasons: tuple[str, ...]
    matches: tuple[Match, ...]
    at: int
    images: int
    decided_by: Subject | None
    decided_at: int
    note: str = field(default="", repr=False)

    @property
    def waiting(self) -> bool:
        """Whether staff have to decide."""
        return self.outcome == "unknown"
