"""What a feature says, in its `movements.py`, of the transfers that it makes: what they are called, who is the other.

Activity, receipts and statements show what is said here, and know no feature that moves money.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from feiqian.ids import CustomerNumber
from feiqian.money import CurrencyNumber, MinorUnits, Money
from feiqian.payments.read_model.lines import Line, Place

__all__ = ["Described", "Details", "Line", "MovementKind", "Place", "Step", "Unmoved"]


class Step(NamedTuple):
    """A state that it has had. `text` is the key of a text, `at` in Unix microseconds."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Described:
    """What one line is, as the customer is told whose line it is.

    `text` is the key of a text that says what it is ("activity.what.payment"); `who` is the other side as shown to this
    customer, "" if there is nobody; `note` what the two said of it; `path` a page of its own, or ""; `reference` a
    public id that both sides know; `status` one of the texts "activity.status.<status>"; `icon` one of
    `parts/icons.html`; `reason` the key of a text that says why it came to nothing. `account` is the account
    on the other side if that is this customer's, too: its id, or "wallet". `words` are not shown, and are found by
    whoever types one whole.
    """

    text: str
    who: str = ""
    note: str = ""
    path: str = ""
    reference: str = ""
    status: str = "succeeded"
    icon: str = "coin"
    reason: str = ""
    account: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """What its receipt says besides. `references`: pairs of a text's key and what stands there; `steps` in order of
    time; `fee` what the customer paid for it; `back` what came back of it, so far."""

    references: Sequence[tuple[str, str]] = ()
    steps: Sequence[Step] = ()
    fee: Money | None = None
    back: Money | None = None


@dataclass(frozen=True, slots=True)
class Unmoved:
    """What belongs to the list and moved nothing: it waits, is held, was declined or has ended.

    `id` is its public id, `number` one that grows in the order of the journal, `position` its place there (of its first
    fact, whatever became of it later), `account` the customer's account in the ledger that it was to be taken from (or
    given to), `amount` below zero where it was to leave it.
    """

    id: str
    position: int
    number: int
    at: int
    account: bytes
    amount: MinorUnits
    currency: CurrencyNumber
    described: Described


class MovementKind(ABC):
    """What a feature says of its kinds of transfers. Named in `MOVEMENTS` of its `movements.py`, and built with the
    bank's `Services`."""

    kinds: ClassVar[frozenset[int]]  # of the ledger's transfers, as a `kinds.py` declares them
    between_own: ClassVar[frozenset[int]] = frozenset()  # those of them that leave one own account for another

    @abstractmethod
    async def describe(self, customer: CustomerNumber, lines: Sequence[Line]) -> Sequence[Described]:
        """One for each line, in their order. All lines are of `kinds`, and of this customer's accounts; there may be
        hundreds: ask for all at once."""

    async def details(self, customer: CustomerNumber, line: Line, described: Described) -> Details:
        """For the receipt of one line."""
        return Details()

    async def unmoved(self, customer: CustomerNumber, before: tuple[int, int], limit: int) -> Sequence[Unmoved]:
        """The customer's newest, newest first, of which (position, number) is below `before`."""
        return ()

    async def find(self, customer: CustomerNumber, id: str) -> Unmoved | int | None:
        """The customer's, of this public id. What has moved by now: when (Unix microseconds), and its line has the id
        as its `reference`."""
        return None

    async def details_of_unmoved(self, customer: CustomerNumber, it: Unmoved) -> Details:
        """For the receipt of one."""
        return Details()
