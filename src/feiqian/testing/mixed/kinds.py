"""The kinds of operations, and a run of them."""

from __future__ import annotations

import random
from collections import Counter

from feiqian.ids import CustomerNumber
from feiqian.money import MinorUnits

from .bank import Choosing, Correction
from .operations import Asked, Operation
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
BY_NAME = {kind.name: kind for kind in KINDS}


def mix(seed: int, count: int, customers: int) -> list[Asked]:
    """The operations of a run: of a seed always the same. Amounts in fen; one payment in ten has to be confirmed."""
    dice, kinds = random.Random(seed), [kind.name for kind in KINDS for _ in range(kind.weight)]
    wanted: list[Asked] = []
    turns: Counter[int] = Counter()
    for number in range(count):
        customer = CustomerNumber(dice.randint(1, customers))
        amount = MinorUnits(dice.randint(1_001_00, 1_100_00) if dice.random() < 0.1 else dice.randint(1, 250_00))
        wanted.append(
            Asked(number, dice.choice(kinds), customer, amount, dice.randrange(1_000_000), turns[customer]),
        )
        turns[customer] += 1
    return wanted
