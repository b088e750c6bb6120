"""What apps are sent of deposit accounts, and send. Amounts in minor units of the currency beside them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from feiqian.auth.api.shapes import Id as ChallengeId
from feiqian.events import TransferStatus
from feiqian.payments.requests import Amount, CurrencyCode, Reference
from feiqian.strings.patterns import matching

_PLACE = "The id of an account, or `wallet`."
Place = Annotated[
    str,
    matching("(wallet|acc_[0-9a-f]{32})", description=_PLACE, examples=["acc_01a21ac8d8a073fb8e8d69f236941c11"]),
]
State = Literal["opening", "open", "frozen", "dormant", "closed"]


class AccountShown(msgspec.Struct, frozen=True):
    """An account, or the wallet in a currency, whose `id` is `wallet`. `available` is what no hold reserves."""

    id: str
    kind: Literal["wallet", "deposit"]
    product: str
    alias: str
    number: str  # masked
    state: State
    currency: str
    balance: int
    available: int


class AccountList(msgspec.Struct, frozen=True):
    """The wallets and the accounts; closed ones only if these are asked for."""

    data: list[AccountShown]


class AccountDetails(msgspec.Struct, frozen=True):
    """An account of the customer's. `number` is the whole one: show it to nobody else."""

    id: str
    product: str
    alias: str
    number: str
    state: State
    currency: str
    balance: int
    available: int
    opened_at: datetime
    closed_at: datetime | None


class ClosingWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the money of an account goes that is closed."""

    target: Annotated[Place, msgspec.Meta(examples=["wallet"])]


class ClosingConfirmed(ClosingWanted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same, with the challenge that was passed for it."""

    challenge: ChallengeId


class EntryShown(msgspec.Struct, frozen=True):
    """A line of a statement. `amount` is above zero where money came in, `balance` is what there was after it.

    `kind` is what a movement is called in activity; `opening_balance` is what an account began with. `merchant`,
    `description` and `payment` are of payments and refunds. `other` is the own account on the other side of
    a transfer: its id, or `wallet`.
    """

    id: int
    at: datetime
    kind: str
    amount: int
    balance: int
    merchant: str
    description: str
    payment: str
    other: str


class EntryList(msgspec.Struct, frozen=True, omit_defaults=True):
    """Lines, newest first. `next` is the cursor of the page after it, None at the end; `incomplete`: some are missing
    until the bank has repaired its record."""

    data: list[EntryShown]
    currency: str
    next: str | None
    incomplete: bool = False


class TransferWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Money from one own account to another. `number` is the customer's own, and makes the transfer one."""

    number: Annotated[Reference, msgspec.Meta(examples=["rent-2026-12"])]
    source: Annotated[Place, msgspec.Meta(examples=["wallet"])]
    target: Place
    amount: Amount
    currency: CurrencyCode


class TransferShown(msgspec.Struct, frozen=True):
    """A transfer between own accounts, as it was decided; it never changes. `reason`: why it was declined.

    `source` and `target` are ids of accounts, or `wallet`.
    """

    id: str
    status: TransferStatus
    reason: str | None
    number: str
    source: str
    target: str
    amount: int
    currency: str
    created_at: datetime


class TransferList(msgspec.Struct, frozen=True, omit_defaults=True):
    """Transfers, newest first. `next` is the id to ask for the page after it by, None at the end; `incomplete`: some
    may be missing until the bank has repaired its record."""

    data: list[TransferShown]
    next: str | None
    incomplete: bool = False
