"""What is sent and shown of requests. Names of others are masked."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from feiqian.auth.api.shapes import Id as ChallengeId
from feiqian.clock import moment
from feiqian.ids import CustomerNumber
from feiqian.money import BY_CODE, BY_NUMBER, CurrencyNumber
from feiqian.payments.requests import Amount, CurrencyCode, Reference
from feiqian.requests.errors import RequestInvalid
from feiqian.requests.model import (
    LONGEST_NOTE,
    LONGEST_PERSON,
    MOST_PEOPLE,
    Bill,
    How,
    MoneyRequest,
    Person,
    RequestStatus,
    Split,
    Wish,
)
from feiqian.strings.patterns import LINE, matching

_REQUEST, _SPLIT = "req_01a21ac8d8a073fb8e8d69f236941c11", "spl_01a21ac8d8a073fb8e8d69f236941c11"
_CODE = "rcv_01a21ac8d8a073fb8e8d69f236941c11"
_LINK = f"https://pay.bank.example/receive/to/{_CODE}?code=s3Jx0mV1l1bqJ4lq6Wv0Rw"
_NUMBER = "Your own number for it, which makes it one."
_PERSON = "A mobile number, an alias, or a receive code that was scanned."
_NOTE = "Who is asked reads it; what could become a link in it is taken apart."
_SOURCE = "The id of an account of yours, `wallet`, or empty: as payments by code are taken."
Own = Annotated[Reference, msgspec.Meta(description=_NUMBER, examples=["dinner-2026-12-01"])]
Asked = Annotated[
    str, matching(LINE, min_length=4, max_length=LONGEST_PERSON, description=_PERSON, examples=["+8613900002222"])
]
Note = Annotated[str, matching(LINE, max_length=LONGEST_NOTE, description=_NOTE, examples=["Dinner"])]
Share = Annotated[int, msgspec.Meta(ge=0, le=10**15, description="A whole number, or minor units.", examples=[1])]


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """No field that is not known."""


class CodeWanted(_Body, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a receive code is to say; without an amount whoever pays says it."""

    amount: Annotated[int, msgspec.Meta(ge=0, le=10**15, examples=[1250])] = 0
    currency: CurrencyCode


class CodeShown(msgspec.Struct, frozen=True):
    """Show `link` as a QR code, and ask for another when it changes. `ends_at`: until when it can be scanned."""

    id: Annotated[str, msgspec.Meta(examples=[_CODE])]
    link: Annotated[str, msgspec.Meta(examples=[_LINK])]
    amount: int
    currency: str
    changes_at: datetime
    ends_at: datetime


class ScannedCode(msgspec.Struct, frozen=True):
    """Whom a scanned code is of, masked, and what it asks for. Check the payee by it, with the way `code`, to pay."""

    id: str
    name: str
    amount: int
    currency: str


class RequestWanted(_Body, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom to ask for how much."""

    number: Own
    person: Asked
    amount: Amount
    currency: CurrencyCode
    note: Note = ""

    def wish(self) -> Wish:
        return Wish(self.number, self.person, self.amount, currency_of(self.currency), self.note)


class PayingWanted(_Body, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From where a request is paid."""

    source: Annotated[str, matching("(|wallet|acc_[0-9a-f]{32})", description=_SOURCE, examples=["wallet"])] = ""


class PayingConfirmed(PayingWanted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same, with the challenge that was passed for it."""

    challenge: ChallengeId


class Direction(StrEnum):
    """Which side of a request somebody is on. The values are on the wire."""

    MADE = "made"
    RECEIVED = "received"


class RequestShown(msgspec.Struct, frozen=True):
    """A request as one of its sides sees it. `other`: the asker, masked, or the person as you have named them.
    `transfer` has paid it, or holds the money for it."""

    id: Annotated[str, msgspec.Meta(examples=[_REQUEST])]
    side: Direction
    status: RequestStatus
    other: str
    amount: int
    currency: str
    note: str
    transfer: str | None
    split: str | None
    asked_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    reminded_at: datetime | None


class RequestList(msgspec.Struct, frozen=True):
    """Newest first. `next` is the cursor of the page after it, None at the end."""

    data: list[RequestShown]
    next: str | None


class BlockedShown(msgspec.Struct, frozen=True):
    """Somebody who is blocked, masked, by the request over which it was."""

    request: Annotated[str, msgspec.Meta(examples=[_REQUEST])]
    name: str
    at: datetime


class BlockedList(msgspec.Struct, frozen=True):
    """Newest first."""

    data: list[BlockedShown]


class SharingPerson(_Body, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One of those who are asked. `share`: of how it is split: nothing, a whole number, or minor units."""

    person: Asked
    share: Share = 1


class SplitWanted(_Body, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A bill to be split. `mine`: your own share, null if you have none. `remainder`: who pays what is left after an
    equal division, 0 for you, else the place among `people`."""

    number: Own
    total: Amount
    currency: CurrencyCode
    how: Annotated[How, msgspec.Meta(examples=["equal"])] = How.EQUAL
    people: Annotated[list[SharingPerson], msgspec.Meta(min_length=1, max_length=MOST_PEOPLE)]
    mine: Share | None = 1
    remainder: Annotated[int, msgspec.Meta(ge=0, le=MOST_PEOPLE, examples=[0])] = 0
    note: Note = ""

    def bill(self) -> Bill:
        people = tuple(Person(one.person, one.share) for one in self.people)
        currency = currency_of(self.currency)
        return Bill(self.number, self.total, currency, self.how, people, self.mine, self.remainder, self.note)


class SplitShown(msgspec.Struct, frozen=True):
    """A bill that was split. `mine`: your own part, 0 if you have none; `paid`: what has come, with your part."""

    id: Annotated[str, msgspec.Meta(examples=[_SPLIT])]
    total: int
    currency: str
    how: How
    note: str
    at: datetime
    mine: int
    paid: int
    requests: list[RequestShown]


class SplitList(msgspec.Struct, frozen=True):
    """Newest first. `next` is the cursor of the page after it, None at the end."""

    data: list[SplitShown]
    next: str | None


def currency_of(code: str) -> CurrencyNumber:
    """Raises RequestInvalid."""
    if (known := BY_CODE.get(code)) is None:
        raise RequestInvalid("currency")
    return known.number


def shown(it: MoneyRequest, customer: CustomerNumber) -> RequestShown:
    """As this customer sees it, who is one of its sides."""
    made = it.asker == customer
    return RequestShown(
        id=it.id,
        side=Direction.MADE if made else Direction.RECEIVED,
        status=it.status,
        other=it.label if made else it.asker_name,
        amount=it.amount,
        currency=BY_NUMBER[it.currency].code,
        note=it.note,
        transfer=it.transfer or None,
        split=it.split or None if made else None,
        asked_at=moment(it.asked_at),
        ends_at=moment(it.ends_at),
        ended_at=moment(it.ended_at) if it.ended_at else None,
        reminded_at=moment(it.reminded_at) if it.reminded_at else None,
    )


def split_shown(it: Split) -> SplitShown:
    """As its owner sees it."""
    return SplitShown(
        id=it.id,
        total=it.total,
        currency=BY_NUMBER[it.currency].code,
        how=it.how,
        note=it.note,
        at=moment(it.at),
        mine=sum(part.amount for part in it.parts if part.request is None),
        paid=it.paid,
        requests=[shown(part.request, it.owner) for part in it.parts if part.request is not None],
    )
