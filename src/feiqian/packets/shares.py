"""How much each share of a red packet is. Pure, but for the numbers that are drawn.

A random share is uniform between one minor unit and just below twice what is left for each, so that nobody's chances
depend on when they take; the draw is then put in random order, because the last ones vary most.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from feiqian.money import MinorUnits
from feiqian.packets.model import Mode

Below = Callable[[int], int]  # a random number from 0 on, below this


def divide(
    total: MinorUnits, count: int, mode: Mode, most: MinorUnits, below: Below = secrets.randbelow
) -> tuple[MinorUnits, ...]:
    """So many shares, each at least one minor unit and at most `most`, whose sum is the total.

    Raises ValueError where there are none such.
    """
    if not 0 < count <= total <= most * count:
        raise ValueError(f"{total} cannot be divided into {count} shares of 1 to {most}")
    return _same(total, count) if mode is Mode.FIXED else _random(total, count, most, below)


def _same(total: int, count: int) -> tuple[MinorUnits, ...]:
    share, more = divmod(total, count)
    return tuple(MinorUnits(share + (place < more)) for place in range(count))


def _random(total: int, count: int, most: int, below: Below) -> tuple[MinorUnits, ...]:
    shares, rest = [], total
    for left in range(count, 0, -1):
        least = max(1, rest - (left - 1) * most)  # so that the others can hold what is left
        highest = rest if left == 1 else min(most, max(least, 2 * rest // left - 1))
        share = least + below(highest - least + 1)
        shares.append(MinorUnits(share))
        rest -= share
    for last in range(count - 1, 0, -1):
        other = below(last + 1)
        shares[last], shares[other] = shares[other], shares[last]
    return tuple(shares)
