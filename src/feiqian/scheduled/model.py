"""What is asked of scheduled transfers, and what is known of one. Amounts in minor units, days are civil days."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from feiqian.ids import CustomerNumber
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.payees.model import Way
from feiqian.transfers.model import Asked

KIND = "schedule"  # challenges are bound to it
RUN_HOUR = 8  # of the bank's day: from then on it is tried
MOST = 50  # of one customer that go on
FURTHEST_DAYS = 366  # that the first day may be away


class Rhythm(StrEnum):
    """How often. The values are on the wire and on disk."""

    ONCE = "once"
    WEEKLY = "weekly"
    MONTHLY = "monthly"  # on the day of the first; where a month has none, on its last


class State(StrEnum):
    """What has become of a schedule. The values are on the wire and on disk."""

    BEGUN = "begun"  # not confirmed: shown nowhere
    ACTIVE = "active"
    ENDED = "ended"  # by its end, or by its customer
    STOPPED = "stopped"  # by the bank: `why` says for what


class Why(StrEnum):
    """Why the bank stopped a schedule. The values are on the wire and on disk."""

    PAYEE_CHANGED = "payee_changed"
    SOURCE_GONE = "source_gone"
    NOT_AS_CONFIRMED = "not_as_confirmed"  # its row was changed: what was proved for it cannot be read back


class Planned(NamedTuple):
    """What a customer asks for: a transfer (`asked.number` makes the schedule one), and when. `until`: the last day on
    which it may be made; None: until it is ended."""

    asked: Asked
    rhythm: Rhythm
    first: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """One of a customer's. `next_at` in Unix microseconds: when it is tried next, `tries` how often it was on
    `next_day`; None and 0 once it is over."""

    id: str
    customer: CustomerNumber
    way: Way
    amount: MinorUnits
    currency: CurrencyNumber
    source: str  # as of `Asked`
    rhythm: Rhythm
    first: date
    until: date | None
    next_day: date | None
    next_at: int
    tries: int
    state: State
    why: Why | None
    digest: str  # of the payee as it was confirmed
    payee: str = field(repr=False)  # the name that was confirmed
    shown: str = field(repr=False)
    text: str = field(repr=False)
    typed: str = field(repr=False)
    note: str = field(repr=False)
    proved: bytes = b""  # what the customer has proved, as `Verification.keep` seals it; empty until it is confirmed

    @property
    def use(self) -> str:
        """All that was confirmed: what was proved is proved for this alone."""
        days = f"{self.rhythm} {self.first} {self.until or ''}"
        return f"{self.id}: {self.amount} {self.currency} from {self.source or 'any'} to {self.digest}, {days}"
