"""The kinds of operations, and a run of them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from feiqian.ids import CustomerNumber
from feiqian.money import MinorUnits

from .bank import Choosing, Correction
from .operations import Asked, Operation
from .orders import ByCode, ByQuickPayment, Captured, ClosedMeanwhile, FromWallet, InThreeWays, Refunded
from .own import Closing, OwnTransfer
from .payments import CodePayment, Refund
from .quick import QuickPayment

KINDS: tuple[type[Operation], ...] = (
    CodePayment,
    Refund,
    QuickPayment,
    OwnTransfer,
    Correction,
    Choosing,
    Closing,
)
ORDERS: tuple[type[Operation], ...] = (
    ByCode,
    ByQuickPayment,
    FromWallet,
    InThreeWays,
    Refunded,
    Captured,
    ClosedMeanwhile,
)
MIXES = {"everything": KINDS, "orders": ORDERS}
BY_NAME = {kind.name: kind for kind in (*KINDS, *ORDERS)}


class Weighed(Protocol):
    """A kind of operation, and how often it comes."""

    @property
    def name(self) -> str: ...
    @property
    def weight(self) -> int: ...


class Mix(NamedTuple):
    """A run: which of MIXES, and how much of it."""

    name: str
    seed: int
    operations: int
    customers: int


def mix(of: Mix) -> list[Asked]:
    """The operations of a run: of a seed always the same."""
    return drawn(of, MIXES[of.name])


def drawn(of: Mix, among: Iterable[Weighed]) -> list[Asked]:
    """The same, of these kinds. Amounts in fen; one payment in ten has to be confirmed."""
    dice, kinds = random.Random(of.seed), [kind.name for kind in among for _ in range(kind.weight)]
    wanted: list[Asked] = []
    turns: Counter[int] = Counter()
    for number in range(of.operations):
        customer = CustomerNumber(dice.randint(1, of.customers))
        amount = MinorUnits(dice.randint(1_001_00, 1_100_00) if dice.random() < 0.1 else dice.randint(1, 250_00))
        wanted.append(
            Asked(number, dice.choice(kinds), customer, amount, dice.randrange(1_000_000), turns[customer]),
        )
        turns[customer] += 1
    return wanted
