"""What apps are sent of activity, and send. Amounts in minor units of the currency beside them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from feiqian.activity.notes import LONGEST_NOTE
from feiqian.activity.reports import LONGEST_REPORT
from feiqian.strings.patterns import LINE, matching

Problem = Literal["not_mine", "wrong_amount", "twice", "not_received", "other"]


class MovementShown(msgspec.Struct, frozen=True):
    """What one account had of a transfer, or something that has moved nothing (yet): then `balance` is null.

    `id` never changes. `amount` is below zero where it leaves the account, whose id (or `wallet`) is `account`. `kind`
    says what it is, `who` is the other side; `other` is that side's id, where it is an own account, too. `note` is what
    the two said of it, `own_note` the customer's own. `reference` is an id that both sides know.
    """

    id: str
    at: datetime
    account: str
    amount: int
    currency: str
    balance: int | None
    kind: str
    status: str
    who: str
    other: str
    note: str
    own_note: str
    reference: str


class ActivityList(msgspec.Struct, frozen=True, omit_defaults=True):
    """Movements, newest first. `next` is the cursor of the page after it, null at the end. `searching`: there are fewer
    than asked for, because enough lines were looked at; `next` looks further back. `incomplete`: some are missing until
    the bank has repaired its record."""

    data: list[MovementShown]
    next: str | None
    searching: bool = False
    incomplete: bool = False


class SumShown(msgspec.Struct, frozen=True):
    """What came and what left in one currency, in minor units."""

    currency: str
    came: int
    left: int


class MonthShown(msgspec.Struct, frozen=True):
    """What a month came to, by the bank's clock, without transfers between own accounts unless one account is asked
    for. `sums` is null where there is too much to be added up."""

    month: str
    sums: list[SumShown] | None


class StepShown(msgspec.Struct, frozen=True):
    """A state that it has had."""

    step: str
    at: datetime


class ReferenceShown(msgspec.Struct, frozen=True):
    """An id or number under which somebody knows it."""

    name: str
    value: str


class ReceiptShown(msgspec.Struct, frozen=True):
    """A movement with all that is told of it. `fee` and `returned` in minor units, null where there is none; `report`
    is the newest case that the customer opened about it, `code` that of its public receipt, once it was given away."""

    movement: MovementShown
    references: list[ReferenceShown]
    steps: list[StepShown]
    fee: int | None
    returned: int | None
    report: str | None
    code: str | None


class NoteWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The customer's own note on a movement; "" takes it away."""

    note: Annotated[str, matching(LINE, max_length=LONGEST_NOTE, examples=["Tea with Ana"])]


class ReportWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is wrong with a movement. `other` needs a text."""

    problem: Annotated[Problem, msgspec.Meta(examples=["twice"])]
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_REPORT, examples=["I paid twice at the same till."])] = ""


class Reported(msgspec.Struct, frozen=True):
    """The case for the bank's staff. `again`: it was open already, and this was added to it."""

    case: str
    again: bool


class CodeGiven(msgspec.Struct, frozen=True):
    """By which anybody finds the receipt, and the address of the page that shows it."""

    code: str
    address: str


class PublicReceiptShown(msgspec.Struct, frozen=True):
    """What the bank's books say of a receipt, for anybody who has its code. Names are masked; "" is the bank."""

    code: str
    at: datetime
    amount: int
    currency: str
    kind: str
    status: str
    returned: int | None
    payer: str
    payee: str
