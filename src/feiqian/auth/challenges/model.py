"""What a challenge is bound to, and what the others see of challenges, locks and factors. Values only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec

from feiqian.money import NO_CURRENCY, NOTHING, CurrencyNumber, MinorUnits
from feiqian.policy.factors import Factor, Purpose
from feiqian.subjects import Subject

State = Literal["open", "passed", "spent", "void", "expired", "locked"]


class ChallengeBinding(msgspec.Struct, frozen=True, kw_only=True):
    """What a challenge confirms, and nothing else. `amount` in minor units, `currency` the ISO 4217 number (0: none).

    `kind` says which sort of the purpose, `payee` and `payer` are names that people know, `reference` is whatever else
    must not change and is shown (an order's number, the name of what is removed), `ids` what is not: it says nothing to
    people, who are shown the names of what it is of.
    """

    purpose: Purpose
    kind: str = ""
    amount: MinorUnits = NOTHING
    currency: CurrencyNumber = NO_CURRENCY
    payee: str = ""
    payer: str = ""
    reference: str = ""
    ids: str = ""

    def digest(self) -> bytes:
        """SHA-256 of its canonical bytes: JSON of all fields in the order above; without `ids`, if there are none."""
        values = msgspec.structs.asdict(self)
        if not self.ids:
            del values["ids"]
        return hashlib.sha256(b"feiqian-bound-1\n" + msgspec.json.encode(values)).digest()


class ChallengeView(NamedTuple):
    """A challenge as its subject sees it; times in Unix microseconds.

    `combinations`: any one suffices; only of factors that they have, but before a stranger has passed one (sign-in,
    recovery), all that the policy knows: what is enrolled is told nobody. `sent_to`: masked, empty for strangers.
    `digits`: how many an answer has, of PINs and codes. `locked`: what is not accepted before that time.
    """

    id: str
    purpose: Purpose
    text: str
    combinations: tuple[tuple[Factor, ...], ...]
    passed: tuple[Factor, ...]
    state: State
    expires_at: int
    sent_to: Mapping[Factor, str]
    tries_left: int
    digits: Mapping[Factor, int] = {}
    locked: Mapping[Factor, int] = {}

    @property
    def locked_until(self) -> int:
        """When one of the combinations can be passed again; 0 if one can be now."""
        waits = [max((self.locked.get(factor, 0) for factor in one), default=0) for one in self.combinations]
        return min(waits, default=0)


class Passed(NamedTuple):
    """A challenge that was passed and now is spent, and by whom. `evidence` is the id of a kept signature, or ""."""

    challenge: str
    factors: tuple[Factor, ...]
    evidence: str
    at: int
    subject: Subject
    purpose: Purpose


class Lock(NamedTuple):
    """Locked until so many Unix microseconds; `times`: the how manieth lock in a row, 0: a factor's for the day.

    `place`: the id of the known device that is locked; "": all unknown devices.
    """

    subject: Subject
    until: int
    times: int
    place: str = ""


class FactorView(NamedTuple):
    """A factor as its owner sees it; times in Unix microseconds, `used_at` 0 if never."""

    id: str
    factor: Factor
    label: str
    added_at: int
    used_at: int


class TotpEnrolment(NamedTuple):
    """An enrolment of a one-time-code token, to be confirmed by a code. The URI (otpauth:) holds the secret."""

    id: str
    uri: str

    def __repr__(self) -> str:
        return f"TotpEnrolment(id={self.id!r})"
