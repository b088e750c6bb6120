"""Movements as a customer's list, a receipt and a statement show them. Changes nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from feiqian.ids import MOVEMENT, derived_id
from feiqian.money import BY_NUMBER, Currency, CurrencyNumber, MinorUnits, Money
from feiqian.payments.movement_kinds import Described, Details, Line, Place, Unmoved
from feiqian.payments.read_model.lines import ALWAYS, NEVER, Span
from feiqian.projections.errors import CursorInvalid

_CURSOR = re.compile(r"([0-9]{1,18})\.(-?[0-9]{1,18})\.([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Movement:
    """One line: what one account of a customer's had of a transfer, or something that has moved nothing (yet).

    `id` is stable for ever: of the account and the transfer, or the public id of what has not moved. `account` is the
    customer's, in the ledger; `amount` is below zero where it leaves it. `balance` is what the account had right
    afterwards; None, and `kind` 0, where nothing moved.
    """

    id: str
    at: int  # Unix microseconds
    place: Place
    account: bytes
    amount: MinorUnits
    currency: CurrencyNumber
    balance: MinorUnits | None
    kind: int
    described: Described
    line: Line | None = None
    unmoved: Unmoved | None = None

    @property
    def of(self) -> Currency:
        return BY_NUMBER[self.currency]

    @property
    def money(self) -> Money:
        """The amount without its sign."""
        return Money(MinorUnits(abs(self.amount)), self.of)

    @property
    def sign(self) -> str:
        return "+" if self.amount > 0 else "−"

    @property
    def moved(self) -> bool:
        return self.line is not None

    @property
    def cursor(self) -> str:
        """To ask for what is older."""
        return ".".join(map(str, self.place))


class Direction(StrEnum):
    """Which way money goes. The values are on the wire."""

    ALL = ""
    CAME = "in"
    LEFT = "out"


class State(StrEnum):
    """What became of it. The values are on the wire."""

    ALL = ""
    DONE = "done"
    OPEN = "open"  # it waits, or is held
    FAILED = "failed"  # declined, cancelled, expired, returned


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which movements. `account` is the id of an account in the ledger; b"": all. Amounts in minor units, without sign;
    `text` is looked for in all that a line says."""

    account: bytes = b""
    span: Span = ALWAYS
    direction: Direction = Direction.ALL
    state: State = State.ALL
    least: int = 0
    most: int = NEVER
    text: str = ""

    @property
    def narrows(self) -> bool:
        """Whether it leaves lines of its accounts and its time out."""
        return replace(self, account=b"", span=ALWAYS) != EVERYTHING


EVERYTHING = Wanted()


class ActivityPage(NamedTuple):
    """Movements, newest first. `older` asks for the next page, "" at the end; `on_the_way`: the page has fewer than
    asked for since it looked at enough lines, and goes on there. `incomplete`: some are missing."""

    movements: Sequence[Movement]
    older: str
    on_the_way: bool
    incomplete: bool


class Receipt(NamedTuple):
    """A movement with all that is told of it."""

    movement: Movement
    details: Details


def movement_id(line: Line) -> str:
    """Of the account's side of a transfer, for ever: derived from when, which transfer and which account."""
    digest = blake2b(line.entry.transfer + line.account.id, digest_size=16, person=b"fq-movement")
    return derived_id(MOVEMENT, line.entry.at, digest.digest())


def of_line(line: Line, described: Described) -> Movement:
    entry, account = line.entry, line.account
    return Movement(
        movement_id(line),
        entry.at,
        line.place,
        account.id,
        entry.amount,
        account.currency,
        entry.balance,
        entry.kind,
        described,
        line=line,
    )


def of_unmoved(it: Unmoved, stream: int) -> Movement:
    place = Place(it.position, stream, it.number)
    return Movement(it.id, it.at, place, it.account, it.amount, it.currency, None, 0, it.described, unmoved=it)


def place_of(cursor: str) -> Place:
    """Raises CursorInvalid unless it could have been given out."""
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise CursorInvalid("this is no cursor of a list of movements")
    return Place(*map(int, match.groups()))


def milliseconds_of(id: str) -> int:
    """The moment that a public id begins with, in Unix milliseconds."""
    return int(id[4:16], 16)
