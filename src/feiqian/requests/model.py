"""Requests for money, and bills that are split into them. Amounts in minor units, times in Unix microseconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from feiqian.clock import DAY
from feiqian.ids import CustomerNumber
from feiqian.money import CurrencyNumber, MinorUnits

LIFE = 14 * DAY  # of a request
REMIND_EVERY = DAY
REQUESTS_A_DAY = 30  # that one customer makes, parts of splits among them
TO_ONE_A_DAY = 5  # of them to the same person
OPEN_OF_ONE = 100  # that wait for an answer at a time
TOLD_A_DAY = 10  # messages to one person of requests and reminders, whoever asks; what comes beyond is in the inbox
MOST_PEOPLE = 20  # of a split, besides its owner
KEPT = 400 * DAY  # after the end
LONGEST_NOTE, LONGEST_NUMBER, LONGEST_PERSON = 140, 64, 64


class RequestStatus(StrEnum):
    """What has become of a request. The values are on the wire and on disk."""

    OPEN = "open"
    HELD = "held"  # confirmed; the money is held until the transfer's time is over
    PAID = "paid"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"  # nobody answered


class How(StrEnum):
    """How a bill is split. The values are on the wire and on disk."""

    EQUAL = "equal"
    SHARES = "shares"  # by whole numbers
    EXACT = "exact"  # each sum as given


class Wish(NamedTuple):
    """What somebody asks for. `person`: a mobile number, an alias or a receive code; `number`: their own, which makes
    it one."""

    number: str
    person: str
    amount: MinorUnits
    currency: CurrencyNumber
    note: str = ""


@dataclass(frozen=True, slots=True)
class MoneyRequest:
    """A request. `asked`: who is to pay, NO_CUSTOMER if nobody is known by what was given, or does not want to be asked
    by this asker; the asker is never told. `label`: the person as the asker has named them; `asker_name` is masked."""

    id: str
    asker: CustomerNumber
    asked: CustomerNumber
    amount: MinorUnits
    currency: CurrencyNumber
    status: RequestStatus
    attempt: int
    transfer: str  # that pays it, or holds the money for it
    split: str
    asked_at: int
    ends_at: int
    ended_at: int
    reminded_at: int
    reported: bool
    note: str = field(repr=False)
    label: str = field(repr=False)
    asker_name: str = field(repr=False)

    @property
    def number(self) -> str:
        """Of the transfer that pays it: another only after the one before has moved nothing, and never will."""
        return f"{self.id}.{self.attempt}"


class Person(NamedTuple):
    """One of those who share a bill. `share`: a whole number, or an amount, by how it is split."""

    person: str
    share: int = 1


class Bill(NamedTuple):
    """A bill to be split. `mine`: the owner's own share, None if they have none; `remainder`: who pays what is left
    after an equal division: 0 the owner, else the place among `people`."""

    number: str
    total: MinorUnits
    currency: CurrencyNumber
    how: How
    people: tuple[Person, ...]
    mine: int | None = 1
    remainder: int = 0
    note: str = ""


class Part(NamedTuple):
    """What one of them pays; `request` is None of the owner's own part."""

    amount: MinorUnits
    request: MoneyRequest | None


class Split(NamedTuple):
    """A bill that was split, the owner's part first if there is one."""

    id: str
    owner: CustomerNumber
    total: MinorUnits
    currency: CurrencyNumber
    how: How
    note: str
    at: int
    parts: tuple[Part, ...]

    @property
    def paid(self) -> int:
        """What has come, in minor units; the owner's own part counts."""
        done = (it.amount for it in self.parts if it.request is None or it.request.status is RequestStatus.PAID)
        return sum(done)

    @property
    def waiting(self) -> tuple[MoneyRequest, ...]:
        """Who has not answered yet."""
        asked = (it.request for it in self.parts)
        return tuple(it for it in asked if it is not None and it.status is RequestStatus.OPEN)
